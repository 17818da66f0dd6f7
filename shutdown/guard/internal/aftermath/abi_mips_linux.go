//go:build linux && (mips || mipsle || mips64 || mips64le)

package aftermath

const (
	mips       = true
	sigsetSize = 16
)
