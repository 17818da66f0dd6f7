package actors

import (
	"encoding/binary"
	"net"
	"reflect"
)

// identity returns what tells c from all other connections and can be the key
// of a map: c itself or, if its type cannot be compared, the pointers in it. A
// value in an interface does not change, and two connections have no such
// value in common.
func identity(c net.Conn) any {
	v := reflect.ValueOf(c)
	if v.Comparable() {
		return c
	}
	return string(appendPointers([]byte(v.Type().String()), v))
}

func appendPointers(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			b = appendPointers(b, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			b = appendPointers(b, v.Index(i))
		}
	case reflect.Interface:
		b = appendPointers(b, v.Elem())
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Pointer, reflect.Slice, reflect.UnsafePointer:
		b = binary.AppendUvarint(b, uint64(v.Pointer()))
	}
	return b
}
