//go:build unix

package recipes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// redisServer starts a Redis of the tests' own once, and skips the test where
// there is none. It ends with the process.
func redisServer(t *testing.T) (address string) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: not tested with it")
	}
	address, err := startRedis()
	check(t, err)
	return address
}

var startRedis = sync.OnceValues(func() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := ln.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	ln.Close()
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--loglevel", "notice")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	shutdown.Register("redis", func() error { return errors.Join(cmd.Process.Kill(), ignore(cmd.Wait())) })
	var said strings.Builder
	for buffer := make([]byte, 4096); !strings.Contains(said.String(), "Ready to accept connections"); {
		n, err := out.Read(buffer)
		said.Write(buffer[:n])
		if err != nil {
			return "", fmt.Errorf("redis-server: %w: %s", err, &said)
		}
	}
	return address, nil
})

func ignore(error) error { return nil }

// postgresServer is the same for PostgreSQL.
func postgresServer(t *testing.T) (url string) {
	t.Helper()
	bin := postgresPrograms()
	if bin == "" {
		t.Skip("PostgreSQL (initdb, pg_ctl) is not installed: not tested with it")
	}
	url, err := startPostgres()
	check(t, err)
	return url
}

func postgresPrograms() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

var startPostgres = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "recipes-postgres-")
	if err != nil {
		return "", err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	run, err := asSomebodyElse(dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	if err := run("initdb", "-D", data, "-A", "trust", "-U", "recipes", "--no-sync"); err != nil {
		return "", err
	}
	options := fmt.Sprintf("-F -h 127.0.0.1 -p %d -k %s", port, dir)
	if err := run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", options, "start"); err != nil {
		return "", err
	}
	shutdown.Register("postgres", func(context.Context) error {
		return errors.Join(run("pg_ctl", "-D", data, "-m", "immediate", "stop"), os.RemoveAll(dir))
	})
	return fmt.Sprintf("postgres://recipes@127.0.0.1:%d/postgres", port), nil
})
