// Package recipes is the code of the pages in docs: what is shown there stands
// here, is compiled and is run, with the real libraries. It is a module apart,
// so that none of them reaches a user of lastcall.
package recipes
