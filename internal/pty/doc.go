// Package pty gives tests a terminal of their own, on Linux.
package pty
