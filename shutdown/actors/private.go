package actors

import "reflect"

// private returns the address of an unexported field of the struct that v
// points to, or nil if v has no field of that name and type.
//
// It is for what a server knows and does not tell. Whoever calls it has to go
// on without an answer: the next version may call the field something else. A
// test for each says so when that happens.
func private[T any](v any, field string) *T {
	f := privateValue(v, field)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil
	}
	return f.Addr().Interface().(*T)
}

// privateValue is private for a field whose type has no name here. It returns
// the zero Value if there is none.
func privateValue(v any, field string) reflect.Value {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return reflect.Value{}
	}
	f := p.Elem().FieldByName(field)
	if !f.IsValid() {
		return reflect.Value{}
	}
	return reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
}

// inside returns the value of type T that v, a struct or a pointer to one, has
// in the exported field of the name given, as it does if it embeds a T.
func inside[T any](v any, field string) (inner T, ok bool) {
	s := reflect.Indirect(reflect.ValueOf(v))
	if s.Kind() != reflect.Struct {
		return inner, false
	}
	f := s.FieldByName(field)
	if !f.IsValid() || !f.CanInterface() {
		return inner, false
	}
	inner, ok = f.Interface().(T)
	return inner, ok
}
