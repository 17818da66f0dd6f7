//go:build !js

package main

import _ "modernc.org/sqlite" // the driver "sqlite"; there is none for js/wasm, where -db needs PostgreSQL
