package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// height of C2SP's tiles.
const height = 8

// stored are the hashes of the tree, in the order of tlog.StoredHashIndex; entries, how many it has.
var (
	stored  []tlog.Hash
	entries int64
)

var reader = tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(stored)) {
			return nil, errors.New("the tree has not grown so far")
		}
		hashes = append(hashes, stored[index])
	}
	return hashes, nil
})

func fromHex(text string) []byte {
	decoded, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return decoded
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func toHash(text string) (hash tlog.Hash) {
	if copy(hash[:], fromHex(text)) != tlog.HashSize {
		panic("no hash")
	}
	return hash
}

func hashes(text string) (proof []tlog.Hash) {
	for _, hash := range list(text) {
		proof = append(proof, toHash(hash))
	}
	return proof
}

func format(proof []tlog.Hash) string {
	var all []string
	for _, hash := range proof {
		all = append(all, hex.EncodeToString(hash[:]))
	}
	return strings.Join(all, ",")
}

func entry(i int64) []byte { return []byte(fmt.Sprintf("entry %d", i)) }

// grow SIZE: the tree has at least so many entries from now on.
func grow(words []string) (string, error) {
	for size := number(words[0]); entries < size; entries++ {
		more, err := tlog.StoredHashes(entries, entry(entries), reader)
		if err != nil {
			return "", err
		}
		stored = append(stored, more...)
	}
	return "", nil
}

// leaf ENTRY: its hash.
func leaf(words []string) (string, error) {
	return format([]tlog.Hash{tlog.RecordHash(fromHex(words[0]))}), nil
}

// root SIZE: the root of the tree of so many entries, at least one.
func root(words []string) (string, error) {
	hash, err := tlog.TreeHash(number(words[0]), reader)
	return format([]tlog.Hash{hash}), err
}

// prove-record SIZE INDEX: the proof.
func proveRecord(words []string) (string, error) {
	proof, err := tlog.ProveRecord(number(words[0]), number(words[1]), reader)
	return format(proof), err
}

// prove-tree SIZE OLD: the proof.
func proveTree(words []string) (string, error) {
	proof, err := tlog.ProveTree(number(words[0]), number(words[1]), reader)
	return format(proof), err
}

// check-record PROOF SIZE ROOT INDEX LEAF: whether it proves it.
func checkRecord(words []string) (string, error) {
	size, index := number(words[1]), number(words[3])
	return "", tlog.CheckRecord(hashes(words[0]), size, toHash(words[2]), index, toHash(words[4]))
}

// check-tree PROOF SIZE ROOT OLD OLD-ROOT: whether it proves it.
func checkTree(words []string) (string, error) {
	size, old := number(words[1]), number(words[3])
	return "", tlog.CheckTree(hashes(words[0]), size, toHash(words[2]), old, toHash(words[4]))
}

func coordinates(words []string) tlog.Tile {
	return tlog.Tile{H: height, L: int(number(words[0])), N: number(words[1]), W: int(number(words[2]))}
}

// tile LEVEL INDEX WIDTH: its bytes.
func tile(words []string) (string, error) {
	data, err := tlog.ReadTileData(coordinates(words), reader)
	return hex.EncodeToString(data), err
}

// widest are the tiles that a tree has at a size and had not at an older one. What tlog lists besides is each narrower
// tile, which heads in between would have asked for.
func widest(old, size int64) []tlog.Tile {
	type place struct {
		level int
		n     int64
	}
	had := map[tlog.Tile]bool{}
	for _, tile := range tlog.NewTiles(height, 0, old) {
		had[tile] = true
	}
	width := map[place]int{}
	listed := tlog.NewTiles(height, old, size)
	for _, tile := range listed {
		if at := (place{tile.L, tile.N}); width[at] < tile.W {
			width[at] = tile.W
		}
	}
	var widest []tlog.Tile
	for _, tile := range listed {
		if width[place{tile.L, tile.N}] == tile.W && !had[tile] {
			widest = append(widest, tile)
		}
	}
	return widest
}

// tiles OLD SIZE: the paths of the tiles that are new.
func tiles(words []string) (string, error) {
	var paths []string
	for _, tile := range widest(number(words[0]), number(words[1])) {
		paths = append(paths, c2sp(tile))
	}
	return strings.Join(paths, ","), nil
}

func c2sp(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	if rest := strings.TrimPrefix(path, "data/"); rest != path {
		path = "entries/" + rest
	}
	return "tile/" + path
}

// path LEVEL INDEX WIDTH: C2SP's path of the tile; of a bundle of entries if the level is -1.
func path(words []string) (string, error) {
	return c2sp(coordinates(words)), nil
}

// parse-path PATH: level, index and width of the tile that C2SP writes so.
func parsePath(words []string) (string, error) {
	path := string(fromHex(words[0]))
	rest := strings.TrimPrefix(path, "tile/")
	if rest == path {
		return "", errors.New("not a tile's")
	}
	if after := strings.TrimPrefix(rest, "entries/"); after != rest {
		rest = "data/" + after
	} else if strings.HasPrefix(rest, "data/") {
		return "", errors.New("not C2SP's word")
	}
	tile, err := tlog.ParseTilePath("tile/8/" + rest)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %d %d", tile.L, tile.N, tile.W), nil
}

// folder is a registry's, of which tlog reads what it asks for.
type folder string

func (folder) Height() int { return height }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), filepath.FromSlash(c2sp(tile))))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

// read FOLDER SIZE ROOT INDEXES: the hashes of these leaves, read from the folder's tiles and proven by proofs made of
// them. The reader alone lets some tiles pass that the one above does not vouch for.
func read(words []string) (string, error) {
	tree := tlog.Tree{N: number(words[1]), Hash: toHash(words[2])}
	tiles := tlog.TileHashReader(tree, folder(fromHex(words[0])))
	var indexes []int64
	for _, index := range list(words[3]) {
		indexes = append(indexes, tlog.StoredHashIndex(0, number(index)))
	}
	leaves, err := tiles.ReadHashes(indexes)
	if err != nil {
		return "", err
	}
	for i, index := range list(words[3]) {
		proof, err := tlog.ProveRecord(tree.N, number(index), tiles)
		if err != nil {
			return "", err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, number(index), leaves[i]); err != nil {
			return "", err
		}
	}
	return format(leaves), nil
}

// write FOLDER SIZE: writes the tiles of the tree of so many entries, and their bundles.
func write(words []string) (string, error) {
	size := number(words[1])
	put := func(tile tlog.Tile, data []byte) error {
		file := filepath.Join(string(fromHex(words[0])), filepath.FromSlash(c2sp(tile)))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		return os.WriteFile(file, data, 0o666)
	}
	for _, tile := range widest(0, size) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return "", err
		}
		if err := put(tile, data); err != nil {
			return "", err
		}
		if tile.L > 0 {
			continue
		}
		var bundle []byte
		for i := int64(0); i < int64(tile.W); i++ {
			bytes := entry(tile.N<<height + i)
			bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(bytes))), bytes...)
		}
		tile.L = -1
		if err := put(tile, bundle); err != nil {
			return "", err
		}
	}
	return "", nil
}

// bundles FOLDER SIZE: the hashes of all entries in the folder's bundles.
func bundles(words []string) (string, error) {
	var leaves []tlog.Hash
	for _, tile := range widest(0, number(words[1])) {
		if tile.L > 0 {
			continue
		}
		tile.L = -1
		file := filepath.Join(string(fromHex(words[0])), filepath.FromSlash(c2sp(tile)))
		bundle, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		for i := 0; i < tile.W; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return "", errors.New("the bundle ends early")
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			leaves = append(leaves, tlog.RecordHash(bundle[2:end]))
			bundle = bundle[end:]
		}
		if len(bundle) > 0 {
			return "", errors.New("the bundle does not end")
		}
	}
	return format(leaves), nil
}
