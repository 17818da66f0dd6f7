//go:build !unix && !windows

package progress

import "os"

func understands(*os.File) bool { return false }

func measure(*os.File) (width, height int) { return 0, 0 }

func foreground(*os.File) bool { return true }
