//go:build !linux

package desktop

import "context"

// KeepAwake is not offered here yet.
func KeepAwake(context.Context, string, string) (release func(), err error) {
	return nil, ErrUnsupported
}
