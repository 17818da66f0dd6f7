// Nothing has nothing to do.
package main

func main() {}
