//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// An nginx is a real one, in a process of its own. It asks nobody whether he is
// ready, as the free one cannot: it sends on, and if nobody listens there it goes
// to the next. So a replica has to be where its predecessor was.
type nginx struct {
	*shutdowntest.Process
	port int
}

// It tries again only what was not sent: nginx's own default for a POST.
const nginxConfig = `
daemon off;
master_process off;
error_log stderr notice;
pid %[1]s/pid;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	upstream replicas {
		server %[2]s max_fails=0;
		server %[3]s max_fails=0;
		keepalive 16;
	}
	server {
		listen 127.0.0.1:%[4]d;
		keepalive_requests 1000000;
		keepalive_timeout 10m;
		location / {
			proxy_pass http://replicas;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_connect_timeout 10s;
			proxy_read_timeout 10m;
		}
	}
}
`

func startNginx(t *testing.T, replicas [2]string) proxy {
	t.Helper()
	program := nginxProgram()
	if program == "" {
		t.Skip("nginx is not installed: not tested behind it")
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	config := fmt.Sprintf(nginxConfig, dir, hostPort(replicas[0]), hostPort(replicas[1]), port)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &nginx{attend(t, exec.Command(program, "-e", "stderr", "-c", file)), port}
	n.Line("nginx/") // its sockets are open by then
	return n
}

// nginxProgram returns the path of nginx, or "". Debian installs it where only
// root looks for programs.
func nginxProgram() string {
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (n *nginx) url() string { return fmt.Sprintf("http://127.0.0.1:%d", n.port) }

func (n *nginx) awaitDown(int) {} // it does not find out
func (n *nginx) awaitUp(int)   {}

func (n *nginx) moved(int, string) {} // it has not
