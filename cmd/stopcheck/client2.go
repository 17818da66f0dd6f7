//go:build unix

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// HTTP/2 (RFC 9113), as much of it as one request needs that is sent in two
// parts: frames, and headers as plain literals.

const (
	frameData, frameHeaders, frameReset, frameSettings = 0x0, 0x1, 0x3, 0x4
	frameGoAway, frameContinuation                     = 0x7, 0x9

	flagEndStream, flagEndHeaders = 0x1, 0x4
)

// preface is how a client begins: the connection preface and empty settings.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// A flight2 is one request over HTTP/2 that has been sent in part.
type flight2 struct {
	conn  net.Conn
	rest  []byte
	ended chan fate // receives what became of it
}

func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	f := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	f = append(f, flags)
	f = binary.BigEndian.AppendUint32(f, stream)
	return append(f, payload...)
}

// literal is a header field without compression: RFC 7541, 6.2.2.
func literal(name, value string) []byte {
	f := append([]byte{0, byte(len(name))}, name...)
	return append(append(f, byte(len(value))), value...)
}

// begin2 sends the first part of a request: of its body where the server waits
// for that, or of its headers.
func (t *target) begin2(withBody bool) (*flight2, error) {
	conn, err := t.dial("h2")
	if err != nil {
		return nil, err
	}
	scheme := map[bool]string{false: "http", true: "https"}[t.tls]
	var fields []byte
	for _, f := range [][2]string{{":method", t.method}, {":scheme", scheme}, {":authority", t.host}, {":path", t.path}} {
		fields = append(fields, literal(f[0], f[1][:min(len(f[1]), 126)])...)
	}
	first := frame(frameHeaders, flagEndStream, 1, fields)
	rest := frame(frameContinuation, flagEndHeaders, 1, literal("x-stopcheck", "held back"))
	if withBody {
		fields = append(fields, literal("content-length", "10")...)
		first = append(frame(frameHeaders, flagEndHeaders, 1, fields), frame(frameData, 0, 1, []byte("stop-"))...)
		rest = frame(frameData, flagEndStream, 1, []byte("check"))
	}
	if _, err := conn.Write(append([]byte(preface), first...)); err != nil {
		conn.Close()
		return nil, err
	}
	f := &flight2{conn: conn, rest: rest, ended: make(chan fate, 1)}
	go func() { f.ended <- f.read() }() // ends with the connection, which finish closes
	return f, nil
}

// finish sends what was held back, and waits for the answer.
func (f *flight2) finish(patience time.Duration) fate {
	defer f.conn.Close()
	_ = f.conn.SetDeadline(time.Now().Add(patience))
	_, _ = f.conn.Write(f.rest) // whether it arrived, the answer tells
	return <-f.ended
}

// read reads until the answer is whole. Who is told by GOAWAY that the request
// was not taken has lost nothing: it may be sent again elsewhere. Settings are
// not acknowledged: nothing may come between headers and their continuation.
func (f *flight2) read() fate {
	const stream = 1
	for {
		kind, flags, on, payload, err := readFrame(f.conn)
		switch {
		case err != nil:
			return failed(err)
		case kind == frameGoAway && len(payload) >= 4 && binary.BigEndian.Uint32(payload)&0x7fffffff < stream:
			return fate{answered: true}
		case kind == frameReset && on == stream:
			return fate{failure: errors.New("stream reset")}
		case (kind == frameData || kind == frameHeaders) && on == stream && flags&flagEndStream != 0:
			return fate{answered: true}
		}
	}
}

func readFrame(r io.Reader) (kind, flags byte, stream uint32, payload []byte, err error) {
	var head [9]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return
	}
	size := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if size > 1<<20 {
		return 0, 0, 0, nil, fmt.Errorf("a frame of %d bytes", size)
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(r, payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]) & 0x7fffffff, payload, err
}

// speaks2 says whether the server begins as HTTP/2 does: with its settings.
func (t *target) speaks2() bool {
	conn, err := t.dial("h2")
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(500 * time.Millisecond))
	if _, err := io.WriteString(conn, preface); err != nil {
		return false
	}
	kind, _, stream, _, err := readFrame(conn)
	return err == nil && kind == frameSettings && stream == 0
}

// waits2 says whether a request stays open until its body is whole.
func (t *target) waits2() bool {
	f, err := t.begin2(true)
	if err != nil {
		return false
	}
	select {
	case <-f.ended:
		f.conn.Close()
		return false
	case <-time.After(100 * time.Millisecond):
		return f.finish(patient).answered
	}
}
