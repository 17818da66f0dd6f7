package main

// Why some bounds are not kept, if they are not, and what the floor is.
const (
	whyRegister = "The call site alone is half of it (the column call-site-alone): that is the floor. Of the rest, one lock and one allocation, nothing can go " +
		"without harm to the code."
	whyAllocations = "A test beside the code fails when it allocates more (TestAllocations); what is more here is of others in the process, such as the collector."
	whyMemory      = "An entry has a name, a site, a function, its bound and its links; what is more is of others in the process, such as the collector."
	whyTrack       = "runtime.Callers of the same depth is the floor for who wants to know where a leak comes from."
	whyHold        = "Half of it is the clock that is read, for the age, and the lock that is taken twice."
	whyFinalizers  = "Each is timed and recorded under the lock, and can be overtaken; the floor is the slice in the table below, which does nothing of that."
	whyOnce        = "A stop is a dozen goroutines, of which oklog/run's group has four, and code and stacks that are touched for the first time: much of the " +
		"first stop is page faults (counted below). The floor is what fx takes, which has one goroutine and cannot leave a hook behind that hangs."
	whyEmpty = "Context.WithCancel is in it, and an entry in the list around."
	whyScope = "A finalizer runs in a goroutine of its own, so that one that hangs can be left behind; the hand-written list of the same promise " +
		"(deadline-list) is the floor. What is more are the two call sites, and the label by which a stuck one is found. " +
		"With several processors, the CPU time of one that looks for work meanwhile is in it."
	whyStuck = "What is beyond the grace is the kernel, which frees the memory of the process: the column nothing is a process of the same size that dies of " +
		"the signal."
	whyReport = "A thousand are named, all are counted: others who use the machine are in it."
	whyActors = "Each actor has a goroutine more than oklog/run's, since one that does not obey must be left behind, and each is named, timed and protected " +
		"from its panics."
	whySignal   = "SIGPIPE is caught before anybody is woken; see GuardPipe for what that takes."
	whyIdle     = "The program has more goroutines to wake and more code that runs for the first time; see the first stop of a process."
	whyResponse = "The actor hears of each connection that becomes idle; the rest is how long it takes until a processor is free."
	whyHang     = "The runtime stops the world for it; how long it waits until everybody stands still is the machine's."
	whyLost     = "A client that gets no processor for the whole drain writes to a connection that is closed: the machine was not quiet."
)
