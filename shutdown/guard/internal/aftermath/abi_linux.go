//go:build linux && !(mips || mipsle || mips64 || mips64le)

package aftermath

const (
	mips       = false
	sigsetSize = 8
)
