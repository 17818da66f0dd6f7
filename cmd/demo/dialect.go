package main

import (
	"net/url"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// A dialect is what differs between the two databases.
type dialect struct {
	name        string // of the database, for people: without a password
	driver      string
	data, locks string // data source names
	connections int    // at most, at the same time
	identity    string // the type of a column that numbers its rows
	exclusive   string // keeps others from creating the same tables meanwhile
	skipLocked  string // takes a row that nobody else is taking
	acquire     string // marks replica %d as alive for as long as the connection is open
	ifDead      string // a condition: the owner of a job is not alive
}

func dialectOf(db string) dialect {
	u, err := url.Parse(db)
	if err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		return postgres(db, u.Redacted())
	}
	return sqlite(db)
}

// sqlite keeps the jobs in a file, which one process uses at a time: it locks
// another one, which it never removes. Between one process that removes it and
// another that has just opened it, both would believe to hold the lock.
func sqlite(file string) dialect {
	return dialect{
		name:        file,
		driver:      "sqlite",
		data:        file + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)",
		locks:       file + ".lock",
		connections: 1, // it has one writer; to queue here costs less than to be told that it is busy
		identity:    "INTEGER PRIMARY KEY AUTOINCREMENT",
		acquire:     "BEGIN EXCLUSIVE -- replica %d",
		ifDead:      "TRUE", // or we would not have the lock
	}
}

// postgres keeps the jobs in a database that several replicas share. Each has
// an advisory lock, whose two numbers are what it is for ("jobs", as bytes) and
// the replica's. Such a lock belongs to a connection: -db must not lead to a
// pool of somebody else's that shares connections.
func postgres(address, name string) dialect {
	return dialect{
		name:        name,
		driver:      "pgx",
		data:        address,
		locks:       address,
		connections: 16,
		identity:    "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		exclusive:   "SELECT pg_advisory_xact_lock(x'6a6f6273'::int);",
		skipLocked:  "FOR UPDATE SKIP LOCKED",
		acquire:     "SELECT pg_advisory_lock(x'6a6f6273'::int, %d)",
		ifDead: `NOT EXISTS (SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
			WHERE locktype = 'advisory' AND d.datname = current_database()
			AND classid = x'6a6f6273'::int::oid AND objid = owner::oid)`,
	}
}
