package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/torchwood"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder is a log in a folder, as Tessera reads it.
type folder string

func (f folder) read(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), path))
}

func (f folder) ReadCheckpoint(context.Context) ([]byte, error) {
	return f.read(layout.CheckpointPath)
}

func (f folder) ReadTile(_ context.Context, level, index uint64, partial uint8) ([]byte, error) {
	return f.read(layout.TilePath(level, index, partial))
}

func (f folder) ReadEntryBundle(_ context.Context, index uint64, partial uint8) ([]byte, error) {
	return f.read(layout.EntriesPath(index, partial))
}

// check verifies the checkpoint by the policy, reads all leaves by torchwood, and hashes the whole log by Tessera.
// It prints the leaves.
func check(ctx context.Context, args []string) error {
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return err
	}
	log := folder(args[1])
	signed, err := log.ReadCheckpoint(ctx)
	if err != nil {
		return err
	}
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		return err
	}
	if err := printLeaves(ctx, args[1], checkpoint.Tree); err != nil {
		return err
	}
	key, err := logKey(text)
	if err != nil {
		return err
	}
	return fsck.New(key.Name(), key, log, leafHashes, fsck.Opts{N: 2}).Check(ctx)
}

func printLeaves(ctx context.Context, path string, tree tlog.Tree) error {
	tiles, err := torchwood.NewTileFS(os.DirFS(path))
	if err != nil {
		return err
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		return err
	}
	for _, leaf := range client.AllEntries(ctx, tree, 0) {
		os.Stdout.Write(leaf)
	}
	return client.Err()
}

// logKey returns the key in the first line of a policy: "log KEY [ADDRESS]".
func logKey(policy []byte) (note.Verifier, error) {
	words := strings.Fields(string(policy))
	if len(words) < 2 || words[0] != "log" {
		return nil, errors.New("expected a policy that begins with its log")
	}
	return note.NewVerifier(words[1])
}

func leafHashes(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, leaf := range entries.Entries {
		hash := tlog.RecordHash(leaf)
		hashes = append(hashes, hash[:])
	}
	return hashes, nil
}

// verify prints the leaf of each proof that the policy accepts.
func verify(_ context.Context, args []string) error {
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return err
	}
	for _, path := range args[1:] {
		proof, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		leaf, err := extraLine(proof)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := torchwood.VerifyProof(policy, tlog.RecordHash(leaf), proof); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		os.Stdout.Write(leaf)
	}
	return nil
}

// extraLine returns the bytes of a proof's second line, "extra BASE64".
func extraLine(proof []byte) ([]byte, error) {
	lines := bytes.SplitN(proof, []byte("\n"), 3)
	if len(lines) < 3 {
		return nil, errors.New("expected three lines")
	}
	text, found := bytes.CutPrefix(lines[1], []byte("extra "))
	if !found {
		return nil, errors.New("expected a line with the leaf")
	}
	return base64.StdEncoding.DecodeString(string(text))
}
