package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
)

// The servers that perf/serve compares: a goroutine a connection, which echoes,
// or answers every GET with the same 14 bytes. The parser is that of
// perf/hello.h.

const buffer = 4096

var answer = []byte("HTTP/1.1 200 OK\r\n" +
	"Content-Length: 14\r\n" +
	"Content-Type: text/plain\r\n" +
	"\r\n" +
	"Hello, world!\n")

var errRequest = errors.New("a request that is not served")

// serve prints "ready PORT go VERSION" once it listens; it never returns. The
// backlog is the system's, and connections have TCP_NODELAY, both by default.
func serve(protocol string, port int, path string) {
	connection := echo
	switch protocol {
	case "echo":
	case "http":
		connection = answerAll
	default:
		usage()
	}
	network, address := "tcp4", fmt.Sprintf("127.0.0.1:%d", port)
	if path != "" {
		os.Remove(path)
		network, address = "unix", path
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		fail(err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok {
		port = tcp.Port
	}
	fmt.Printf("ready %d go %s\n", port, strings.TrimPrefix(runtime.Version(), "go"))
	for {
		conn, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go connection(conn)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "go-peer:", err)
	os.Exit(1)
}

func echo(conn net.Conn) {
	defer conn.Close()
	in := make([]byte, buffer)
	for {
		n, err := conn.Read(in)
		if err != nil {
			return
		}
		if _, err := conn.Write(in[:n]); err != nil {
			return
		}
	}
}

func answerAll(conn net.Conn) {
	defer conn.Close()
	in, out := make([]byte, buffer), make([]byte, buffer)
	used := 0
	for {
		n, err := conn.Read(in[used:])
		if err != nil {
			return
		}
		used += n
		for {
			var filled int
			filled, used, err = answers(in, used, out)
			if err != nil {
				return
			}
			if filled == 0 {
				break
			}
			if _, err := conn.Write(out[:filled]); err != nil {
				return
			}
		}
	}
}

// answers takes requests off in as long as there is room in out, and moves the
// rest to the front. It gives the bytes of answers, and those left in in.
func answers(in []byte, used int, out []byte) (filled, left int, err error) {
	taken := 0
	for taken < used && filled+len(answer) <= len(out) {
		length, err := request(in[taken:used])
		if err != nil {
			return 0, 0, err
		}
		if length == 0 {
			break
		}
		filled += copy(out[filled:], answer)
		taken += length
	}
	if taken == 0 && used == len(in) {
		return 0, 0, errRequest
	}
	copy(in, in[taken:used])
	return filled, used - taken, nil
}

var (
	blank   = []byte("\r\n\r\n")
	get     = []byte("GET /")
	version = []byte(" HTTP/1.")
)

// request gives the length of the request at the start of the bytes; 0: the
// rest is still to come.
func request(b []byte) (int, error) {
	end := bytes.Index(b, blank)
	if end < 0 {
		return 0, nil
	}
	if !isServed(b[:end]) {
		return 0, errRequest
	}
	return end + len(blank), nil
}

// isServed wants a method that is GET, a target that begins with a slash, and a
// version.
func isServed(head []byte) bool {
	if !bytes.HasPrefix(head, get) {
		return false
	}
	target := head[4:]
	at := bytes.IndexByte(target, ' ')
	return at >= 0 && len(target)-at >= 9 && bytes.HasPrefix(target[at:], version)
}
