// Package actors has ready-made actors for what most programs run: servers and
// child processes.
//
//	m.Go("api", actors.HTTP(srv, ln))
//	m.Go("web", actors.Serve(srv, func() error { return srv.ListenAndServeTLS("cert.pem", "key.pem") }))
//	m.Go("rpc", actors.GRPC(grpcServer, ln))
//	m.Go("worker", actors.Command(exec.Command("worker")))
//
// Each of them returns a function for [shutdown.Manager.Go] or, if other actors
// stand on it, for [shutdown.Manager.Keep]. It can also be what the program's
// run returns, as in the README. All follow the same course:
//
//   - While the manager is Draining they serve on as if nothing had happened,
//     except that HTTP and Serve ask their clients to come back on another
//     connection.
//   - When their context is cancelled they take nothing new and let what is in
//     flight finish.
//   - When the end of [shutdown.Work] says that time is up, they cut what is
//     left and return an error that says so.
//
// With a context that belongs to no manager, work in flight has no end, and
// they wait for it however long it takes.
package actors
