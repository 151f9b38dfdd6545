package wsman

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"openwmi/wbem"
)

// The native action carries a message of CIM-XML, in which package wire/cimxml
// says all that package wbem can, between a client and a server of this project.
// The request has it as text of an element of the body; the body of the answer
// has the element CIM, so that results can be sent while they are found.

// native answers a native request. It reports false if nothing has been sent yet
// and err is to be said as a fault.
func (s *Server) answerNative(ctx context.Context, w http.ResponseWriter, x *exchange) (sent bool, err error) {
	n := x.request.body
	if n == nil || n.Space != nsNative || n.Local != "Call" {
		return false, newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the body is no Call")
	}
	b := &nativeBody{ResponseWriter: w, x: x}
	err = s.native.Answer(ctx, x.who, []byte(n.Text), b)
	if b.begun && err == nil {
		_, err = w.Write([]byte(envelopeTail))
	}
	return b.begun, err
}

// A nativeBody writes an envelope around what it is given.
type nativeBody struct {
	http.ResponseWriter
	x     *exchange
	begun bool
}

// Write implements io.Writer.
func (b *nativeBody) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		b.Header().Set("Content-Type", contentType)
		if _, err := b.ResponseWriter.Write(b.x.appendHead(nil, actionNative+"Response")); err != nil {
			return 0, err
		}
	}
	return b.ResponseWriter.Write(p)
}

// FlushError sends what was written, where the connection can do that.
func (b *nativeBody) FlushError() error {
	if err := http.NewResponseController(b.ResponseWriter).Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// appendNative appends the body of a native request with a message.
func appendNative(b, message []byte) []byte {
	b = append(b, `<o:Call xmlns:o="`+nsNative+`"><![CDATA[`...)
	b = append(b, bytes.ReplaceAll(message, []byte("]]>"), []byte("]]]]><![CDATA[>"))...)
	return append(b, "]]></o:Call>"...)
}
