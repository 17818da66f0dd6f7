package progress

import (
	"os"

	"golang.org/x/sys/windows"
)

// understands makes the console obey escape sequences, which those before
// Windows 10 cannot. The mode stays: the shells set their own after a program.
func understands(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

func measure(f *os.File) (width, height int) {
	var info windows.ConsoleScreenBufferInfo
	if windows.GetConsoleScreenBufferInfo(windows.Handle(f.Fd()), &info) != nil {
		return 0, 0
	}
	window := info.Window
	return int(window.Right-window.Left) + 1, int(window.Bottom-window.Top) + 1
}

func foreground(*os.File) bool { return true }
