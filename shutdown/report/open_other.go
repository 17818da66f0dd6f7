//go:build !unix && !windows

package report

// unwaiting is for systems that have pipes with names.
const unwaiting = 0
