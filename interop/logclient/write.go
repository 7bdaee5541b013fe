package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// hashes are the stored hashes of a log, in the order of golang.org/x/mod.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, h[index])
	}
	return found, nil
}

// write makes a log of the leaves in standard input, one a line, and a proof of each: PROOFS/N. It prints the log's
// public key.
func write(_ context.Context, args []string) error {
	if len(args) != 3 {
		return errors.New("expected the log's origin and folder, and a folder for proofs")
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	leaves := bytes.SplitAfter(text, []byte("\n"))
	leaves = leaves[:len(leaves)-1]
	var stored hashes
	for n, leaf := range leaves {
		more, err := tlog.StoredHashes(int64(n), leaf, stored)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	if err := writeTiles(args[1], leaves, stored); err != nil {
		return err
	}
	checkpoint, public, err := signTree(args[0], int64(len(leaves)), stored)
	if err != nil {
		return err
	}
	if err := put(filepath.Join(args[1], "checkpoint"), checkpoint); err != nil {
		return err
	}
	if err := writeProofs(args[2], leaves, stored, checkpoint); err != nil {
		return err
	}
	fmt.Println(public)
	return nil
}

func writeTiles(log string, leaves [][]byte, stored hashes) error {
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, 0, int64(len(leaves))) {
		data, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return err
		}
		if err := put(filepath.Join(log, torchwood.TilePath(tile)), data); err != nil {
			return err
		}
		if tile.L != 0 {
			continue
		}
		var entries []byte
		first := tile.N << tile.H
		for _, leaf := range leaves[first : first+int64(tile.W)] {
			if entries, err = torchwood.AppendTileEntry(entries, leaf); err != nil {
				return err
			}
		}
		tile.L = -1
		if err := put(filepath.Join(log, torchwood.TilePath(tile)), entries); err != nil {
			return err
		}
	}
	return nil
}

func signTree(origin string, size int64, stored hashes) (signed []byte, public string, err error) {
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return nil, "", err
	}
	private, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, "", err
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, "", err
	}
	checkpoint := torchwood.Checkpoint{Origin: origin, Tree: tlog.Tree{N: size, Hash: root}}
	signed, err = note.Sign(&note.Note{Text: checkpoint.String()}, signer)
	return signed, public, err
}

func writeProofs(folder string, leaves [][]byte, stored hashes, checkpoint []byte) error {
	for n, leaf := range leaves {
		proof, err := tlog.ProveRecord(int64(len(leaves)), int64(n), stored)
		if err != nil {
			return err
		}
		text := torchwood.FormatProofWithExtraData(int64(n), leaf, proof, checkpoint)
		if err := put(filepath.Join(folder, fmt.Sprint(n)), text); err != nil {
			return err
		}
	}
	return nil
}

func put(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o666)
}
