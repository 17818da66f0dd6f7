//go:build unix

package recipes

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// asSomebodyElse returns a function that runs PostgreSQL's programs: as another
// user if we are root, whom it refuses. That one then owns dir.
func asSomebodyElse(dir string) (run func(program string, args ...string) error, err error) {
	var owner *syscall.Credential
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			if u, err = user.Lookup("nobody"); err != nil {
				return nil, err
			}
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
	}
	return func(program string, args ...string) error {
		cmd := exec.Command(filepath.Join(postgresPrograms(), program), args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
		if err := cmd.Run(); err != nil { // no pipe: the server would hold it open
			return fmt.Errorf("%s: %w", program, err)
		}
		return nil
	}, nil
}
