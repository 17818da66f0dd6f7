//go:build unix

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// A postgresCluster is a PostgreSQL server of the tests' own, on loopback and in
// a temporary directory. It is started when the first test asks for it.
type postgresCluster struct {
	once      sync.Once
	databases int
	mu        sync.Mutex // guards databases

	dir, bin, address string
	owner             *syscall.Credential // of the server, which refuses to be root's; nil if we are not root
	err               error
}

var cluster postgresCluster

// newDatabase returns the URL of an empty database, and skips the test where
// there is no PostgreSQL.
func newDatabase(t *testing.T) string {
	t.Helper()
	bin := postgresPrograms()
	if bin == "" {
		t.Skip("PostgreSQL (initdb, pg_ctl) is not installed: not tested with it")
	}
	cluster.once.Do(func() { cluster.bin = bin; cluster.err = cluster.start() })
	if cluster.err != nil {
		t.Fatal(cluster.err)
	}
	cluster.mu.Lock()
	defer cluster.mu.Unlock()
	cluster.databases++
	name := fmt.Sprintf("demo%d", cluster.databases)
	db, err := sql.Open("pgx", cluster.address+"postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return cluster.address + name
}

// postgresPrograms returns the directory of initdb and pg_ctl, or "".
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

func (c *postgresCluster) start() (err error) {
	if c.dir, err = os.MkdirTemp("", "demo-postgres-"); err != nil {
		return err
	}
	if err := c.disown(); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	data := filepath.Join(c.dir, "data")
	if err := c.run("initdb", "-D", data, "-A", "trust", "-U", "demo", "--no-sync"); err != nil {
		return err
	}
	options := fmt.Sprintf("-F -h 127.0.0.1 -p %d -k %s", port, c.dir)
	c.address = fmt.Sprintf("postgres://demo@127.0.0.1:%d/", port)
	return c.run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(c.dir, "log"), "-o", options, "start")
}

// disown gives the directory to somebody else if we are root.
func (c *postgresCluster) disown() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	c.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(c.dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (c *postgresCluster) run(program string, args ...string) error {
	cmd := exec.CommandContext(context.Background(), filepath.Join(c.bin, program), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setpgid: true} // a Ctrl-C is for the tests, which end it
	out, err := os.Create(filepath.Join(c.dir, program+".out"))                // a pipe would be held open by the server
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w\n%s", program, err, said)
	}
	return nil
}

func (c *postgresCluster) stop() {
	if c.dir == "" {
		return
	}
	if c.address != "" {
		_ = c.run("pg_ctl", "-D", filepath.Join(c.dir, "data"), "-m", "immediate", "-w", "stop")
	}
	_ = os.RemoveAll(c.dir)
}
