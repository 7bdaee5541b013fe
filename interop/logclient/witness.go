package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// serveAgent creates a key, prints its fingerprint, and serves it as an SSH agent: litewitness signs by one.
func serveAgent(_ context.Context, args []string) error {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		return err
	}
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: &private}); err != nil {
		return err
	}
	listener, err := net.Listen("unix", args[0])
	if err != nil {
		return err
	}
	fmt.Println(ssh.FingerprintSHA256(signer.PublicKey()))
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go agent.ServeAgent(keys, connection)
	}
}

// admit tells a litewitness of a log, whose tree is empty so far. The witness has created the tables.
func admit(_ context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("expected the witness's database and the log's key")
	}
	key, err := note.NewVerifier(args[1])
	if err != nil {
		return err
	}
	database, err := sqlite.OpenConn(args[0], sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer database.Close()
	empty, err := tlog.TreeHash(0, hashes(nil))
	if err != nil {
		return err
	}
	root := base64.StdEncoding.EncodeToString(empty[:])
	err = sqlitex.Execute(database, "INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)",
		&sqlitex.ExecOptions{Args: []any{key.Name(), root}})
	if err != nil {
		return err
	}
	return sqlitex.Execute(database, "INSERT INTO key (origin, key) VALUES (?, ?)",
		&sqlitex.ExecOptions{Args: []any{key.Name(), args[1]}})
}
