package repository

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// Queues of bytes live in the store beside the objects, so that a transaction
// can change objects and note what is to be done about it as one. The
// repository does not look into them.
//
// An item has a number that no other item of any queue gets, before or after
// it, whatever is removed and however often the store is opened; a later item
// has a greater one. (A store that is restored from a backup goes on from the
// numbers of the backup.) A queue is there as long as it has items.

// Limits of a queue. What exceeds one is QuotaViolation.
const (
	MaxQueueName = 1 << 10  // bytes of the name of a queue
	MaxItem      = 16 << 20 // bytes of an item
)

// An Item is an element of a queue.
type Item struct {
	Number uint64 // at least 1; see Tx.Append
	Data   []byte // belongs to whoever got it
}

// A QueueSize says how much a queue holds.
type QueueSize struct {
	Items int64
	Bytes int64 // of their data
}

// Append adds an item at the end of a queue, which need not exist, and returns
// its number: greater than that of every item that was ever added to any queue,
// also to one that is gone, so that it identifies the item for ever. Numbers
// need not follow each other closely; one that a failed transaction was given
// is not in use.
//
// The error is InvalidParameter for a queue without a name and QuotaViolation
// for a name or an item that is too long.
func (tx *Tx) Append(queue, item []byte) (uint64, error) {
	switch {
	case len(queue) == 0:
		return 0, cim.Errorf(cim.InvalidParameter, "a queue has no name")
	case len(queue) > MaxQueueName:
		return 0, cim.Errorf(cim.QuotaViolation, "the name of a queue has %d bytes, more than %d", len(queue), MaxQueueName)
	case len(item) > MaxItem:
		return 0, cim.Errorf(cim.QuotaViolation, "an item of queue %.60q has %d bytes, more than %d", queue, len(item), MaxItem)
	}
	size, err := tx.queue(queue)
	if err != nil {
		return 0, err
	}
	number := tx.newNumber()
	tx.put(itemKey(queue, number), item)
	size.Items++
	size.Bytes += int64(len(item))
	return number, nil
}

// Remove removes the item with that number from a queue, and does nothing if it
// is not there.
func (tx *Tx) Remove(queue []byte, number uint64) error {
	key := itemKey(queue, number)
	item, ok, err := tx.kv.Get(key)
	if err != nil || !ok {
		return err
	}
	size, err := tx.queue(queue)
	if err != nil {
		return err
	}
	tx.delete(key)
	size.Items--
	size.Bytes -= int64(len(item))
	return nil
}

// DropQueue removes all items of a queue, and does nothing if it does not
// exist.
func (tx *Tx) DropQueue(queue []byte) error {
	size, err := tx.queue(queue)
	if err != nil || size.Items == 0 {
		return err
	}
	tx.deletePrefix(itemPrefix(queue))
	*size = QueueSize{}
	return nil
}

// QueueSize returns the size that a queue has in the transaction.
func (tx *Tx) QueueSize(queue []byte) (QueueSize, error) {
	size, err := tx.queue(queue)
	if err != nil {
		return QueueSize{}, err
	}
	return *size, nil
}

// queue returns the size of a queue to be changed; it is written when the
// transaction commits.
func (tx *Tx) queue(name []byte) (*QueueSize, error) {
	if size := tx.queues[string(name)]; size != nil {
		return size, nil
	}
	size, err := readQueueSize(tx.kv, name)
	if err != nil {
		return nil, err
	}
	if tx.queues == nil {
		tx.queues = map[string]*QueueSize{}
	}
	tx.queues[string(name)] = &size
	return &size, nil
}

func (tx *Tx) putQueueSizes() {
	for name, size := range tx.queues {
		key := queueKey([]byte(name))
		if size.Items == 0 {
			tx.delete(key)
		} else {
			tx.put(key, size.append(nil))
		}
	}
}

// numberBlock is how many numbers of items are set aside at a time.
const numberBlock = 4096

// newNumber returns a number that no item ever had. There are enough for
// millions a second over thousands of years.
func (tx *Tx) newNumber() uint64 {
	n := &tx.numbers
	if n.next == n.limit {
		n.limit += numberBlock
		tx.put(metaNumbers, binary.BigEndian.AppendUint64(nil, n.limit))
	}
	n.next++
	return n.next - 1
}

// A numberRange is what is left of the numbers of items that have been set
// aside: those from next on, below limit.
type numberRange struct{ next, limit uint64 }

// readNumbers returns the first number that is not set aside, 1 if none was.
func readNumbers(from getter) (uint64, error) {
	value, ok, err := from.Get(metaNumbers)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 1, nil
	case len(value) != 8:
		return 0, fmt.Errorf("%w: %s has %d bytes", kv.ErrCorrupt, metaNumbers[1:], len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

// The value in the queue table: items and bytes, eight bytes each, big-endian.
const queueSizeBytes = 16

func (s QueueSize) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(s.Items))
	return binary.BigEndian.AppendUint64(b, uint64(s.Bytes))
}

func readQueueSize(from getter, name []byte) (QueueSize, error) {
	value, ok, err := from.Get(queueKey(name))
	if err != nil || !ok {
		return QueueSize{}, err
	}
	size, ok := decodeQueueSize(value)
	if !ok {
		return QueueSize{}, fmt.Errorf("%w: size of queue %.60q", kv.ErrCorrupt, name)
	}
	return size, nil
}

func decodeQueueSize(value []byte) (size QueueSize, ok bool) {
	if len(value) != queueSizeBytes {
		return size, false
	}
	size.Items = int64(binary.BigEndian.Uint64(value))
	size.Bytes = int64(binary.BigEndian.Uint64(value[8:]))
	return size, size.Items > 0 && size.Bytes >= 0
}

// QueueSize returns the size of a queue, zero if it does not exist. It takes as
// long as reading one key.
func (r *Repository) QueueSize(queue []byte) (QueueSize, error) {
	return readQueueSize(r.now, queue)
}

// Queues returns the names of all queues, in the order of their bytes.
func (r *Repository) Queues(ctx context.Context) ([][]byte, error) {
	var names [][]byte
	err := r.store.View(func(from kv.Reader) error {
		return scan(from, []byte{tableQueue}, func(key, _ []byte) error {
			names = append(names, bytes.Clone(key[1:]))
			return ctx.Err()
		})
	})
	return names, err
}

// How much of a queue is read at a time: until one is reached.
const (
	batchItems = 256
	batchBytes = 1 << 20
)

// Queue yields the items of a queue with numbers from from on, in ascending
// order, up to the last that is there when the loop comes to its end. It reads
// some at a time and holds nothing in between, so the loop may take as long as
// it likes, and may remove what it was given.
func (r *Repository) Queue(queue []byte, from uint64) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for {
			batch, err := r.readQueue(queue, from)
			if err != nil {
				yield(Item{}, err)
				return
			}
			if len(batch) == 0 {
				return
			}
			for _, item := range batch {
				if !yield(item, nil) {
					return
				}
			}
			from = batch[len(batch)-1].Number + 1
		}
	}
}

func (r *Repository) readQueue(queue []byte, from uint64) (batch []Item, err error) {
	size := 0
	err = r.store.View(func(reader kv.Reader) error {
		return scanRange(reader, itemKey(queue, from), after(itemPrefix(queue)), func(key, value []byte) error {
			_, number, ok := splitItemKey(key)
			if !ok {
				return fmt.Errorf("%w: key %x in queue %.60q", kv.ErrCorrupt, key, queue)
			}
			batch = append(batch, Item{number, bytes.Clone(value)})
			if size += len(value); size >= batchBytes || len(batch) == batchItems {
				return errEnough
			}
			return nil
		})
	})
	if err == errEnough {
		err = nil
	}
	return batch, err
}
