// Command logclient does to a CPAN log what a user of other libraries would: torchwood, Tessera, and golang.org/x/mod
// verify our log, and write one for us to verify. It also gives a real litewitness its key and its list of logs.
package main

import (
	"context"
	"fmt"
	"os"
)

// A command's arguments, and what it does with them.
type command struct {
	usage string
	run   func(ctx context.Context, args []string) error
}

var commands = map[string]command{
	"check":  {"POLICY LOG", check},
	"verify": {"POLICY PROOF...", verify},
	"write":  {"ORIGIN LOG PROOFS < LEAVES", write},
	"agent":  {"SOCKET", serveAgent},
	"admit":  {"DATABASE KEY", admit},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "logclient:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("expected a command")
	}
	found, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("unknown command %q", args[0])
	}
	if len(args) < 2 {
		return fmt.Errorf("expected %s %s", args[0], found.usage)
	}
	return found.run(context.Background(), args[1:])
}
