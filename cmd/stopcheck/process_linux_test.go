package main

import (
	"os/exec"
	"testing"
)

func TestParseStat_readsNamesWithParentheses(t *testing.T) {
	line := "7 (a) (b c) S 3 5 6 0 -1 4194304 1 2 3 4 21 9 0 0 20 0 1 0 4711 1 2"
	got, ok := parseStat(line)
	want := process{pid: 7, parent: 3, group: 5, session: 6, name: "a) (b c", state: "S", ticks: 30, began: "4711"}
	if !ok || got != want {
		t.Errorf("parseStat is %+v, %t; want %+v", got, ok, want)
	}
}

// Otherwise the end of the first start would be that of the tenth.
func TestMark_ofOneStartIsNoPartOfAnother(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	cmd.Env = []string{"A=b", "STOPCHECK_START=1.10"}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	p := process{pid: cmd.Process.Pid}
	if p.marked("STOPCHECK_START=1.1") || !p.marked("STOPCHECK_START=1.10") {
		t.Error("a process is taken for one of another start, or not for one of its own")
	}
}

func TestParseAddr_readsTheKernelsWords(t *testing.T) {
	for text, want := range map[string]string{
		"0100007F:1F90":                         "127.0.0.1:8080",
		"00000000:0016":                         "0.0.0.0:22",
		"00000000000000000000000001000000:0050": "[::1]:80",
	} {
		if got, ok := parseAddr(text); !ok || got.String() != want {
			t.Errorf("parseAddr(%s) is %v, want %s", text, got, want)
		}
	}
}
