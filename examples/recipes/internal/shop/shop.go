// Package shop is what the programs in moving are about: something to open,
// and something to do with it.
package shop

import (
	"context"
	"fmt"
	"net/http"
)

// A Store must be closed.
type Store struct{}

// Open opens the store.
func Open() (*Store, error) { return &Store{}, nil }

// Close closes it.
func (s *Store) Close() error {
	fmt.Println("store closed")
	return nil
}

// Work works until ctx ends.
func (s *Store) Work(ctx context.Context) error {
	fmt.Println("ready")
	<-ctx.Done()
	fmt.Println("work ended")
	return ctx.Err()
}

// ServeHTTP answers.
func (s *Store) ServeHTTP(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }
