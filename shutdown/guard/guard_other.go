//go:build !(linux || darwin || freebsd)

package guard

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

// ErrClosed is returned by methods of a guard that was closed.
var ErrClosed = errors.New("guard: closed")

// A Guard keeps clean-ups in a journal, to be carried out also if the process
// dies. There is none on this platform.
type Guard struct{}

// errPlatform is what everything returns here.
var errPlatform = fmt.Errorf("guard: no flock(2) on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Open returns an error that says that this platform is not supported.
func Open(string, ...Option) (*Guard, error) { return nil, errPlatform }

// Settle returns an error that says that this platform is not supported.
func Settle(string, ...Option) error { return errPlatform }

// List returns an error that says that this platform is not supported.
func List(string) ([]Journal, error) { return nil, errPlatform }

// Register returns an error that says that this platform is not supported.
func (g *Guard) Register(Cleanup) (*Entry, error) { return nil, errPlatform }

// Remove returns an error that says that this platform is not supported.
func (g *Guard) Remove(string) (*Entry, error) { return nil, errPlatform }

// RemoveAll returns an error that says that this platform is not supported.
func (g *Guard) RemoveAll(string) (*Entry, error) { return nil, errPlatform }

// EndGroup returns an error that says that this platform is not supported.
func (g *Guard) EndGroup(*exec.Cmd) (*Entry, error) { return nil, errPlatform }

// Run returns an error that says that this platform is not supported.
func (g *Guard) Run(string, ...string) (*Entry, error) { return nil, errPlatform }

// Close does nothing.
func (g *Guard) Close() error { return nil }

func (g *Guard) forget(*Entry) error { return errPlatform }

func (g *Guard) note(*Entry, error) {}

func carryOut(aftermath.Cleanup) error { return errPlatform }

func isRoot(string) bool { return false }

func group(*exec.Cmd, func() string) (aftermath.Cleanup, error) {
	return aftermath.Cleanup{}, errPlatform
}
