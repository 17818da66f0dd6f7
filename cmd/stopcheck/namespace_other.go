//go:build unix && !linux

package main

var asProcess1 world

func cannotBeProcess1() string { return "PID namespaces are Linux's" }
