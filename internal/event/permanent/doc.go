// Package permanent runs permanent subscriptions: what __EventFilter,
// __EventConsumer and __FilterToConsumerBinding instances in the repository ask
// for, as long as they are there (events.md 8; "Receiving Events at All Times" in
// the WMI documentation).
//
// # Activation
//
// Every filter that a binding connects to a consumer is a Registration of the
// event.Broker, in the namespace that it names. The objects are read once, by
// Start; then the changes of the repository say what has to be looked at again,
// which Settle does: a change is in force when Settle returns after it. What
// cannot run is kept with the reason, and tried again when a class or namespace
// that it needs appears, and after a minute, two, four, up to thirty.
//
// # Delivery
//
// Each binding has a queue in the repository. An event of a change is appended in
// the very transaction that makes the change, any other in a transaction of its
// own. A worker takes events from the queue when they are durable, hands them to
// the consumer and then removes them. So each event is delivered at least once,
// whatever happens to the process; one that comes again has the same ID.
//
// All queues together are bounded, and each has a share that no other one can take:
// what does not fit is dropped, which an event tells administrators once until the
// queue is empty again. A consumer that fails gets no second try for the event,
// which a __ConsumerFailureEvent tells. How often either has happened, and why, is
// stored beside the queue.
//
// Whoever raises an event does not wait for consumers, unless a binding asks for
// that: with DeliveryQoS 0 until the event is delivered, with SlowDownProviders
// until the queue is half empty, and in no case longer than MaxWait.
//
// While there is nothing to deliver there is no goroutine; at most maxWorkers
// deliver at a time, maxPerClass for consumers of one class, and maxPerConsumer
// for one consumer. One that takes long leaves its place in the class to others.
package permanent
