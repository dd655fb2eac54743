package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// timestamped is a key of cosignatures, C2SP's type 04, which package note lets others bring. It signs at a time.
type timestamped struct {
	name string
	key  ed25519.PublicKey
	seed ed25519.PrivateKey
	time uint64
}

func (t *timestamped) Name() string { return t.name }

func (t *timestamped) KeyHash() uint32 {
	id := sha256.Sum256([]byte(t.name + "\n\x04" + string(t.key)))
	return binary.BigEndian.Uint32(id[:])
}

func timed(time uint64, text []byte) []byte {
	return []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text))
}

func (t *timestamped) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	return time < 1<<63 && ed25519.Verify(t.key, timed(time, text), sig[8:])
}

func (t *timestamped) Sign(text []byte) ([]byte, error) {
	var time [8]byte
	binary.BigEndian.PutUint64(time[:], t.time)
	return append(time[:], ed25519.Sign(t.seed, timed(t.time, text))...), nil
}

func (t *timestamped) vkey() string {
	key := append([]byte{4}, t.key...)
	return fmt.Sprintf("%s+%08x+%s", t.name, t.KeyHash(), base64.StdEncoding.EncodeToString(key))
}

// verifier reads a vkey of either type. One of type 04 is told apart by what it decodes to, and must then be what
// vkey writes.
func verifier(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) == 3 {
		key, err := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && len(key) == 33 && key[0] == 4 {
			cosigner := &timestamped{name: parts[0], key: key[1:]}
			if cosigner.vkey() != text {
				return nil, errors.New("not a vkey of type 04")
			}
			return cosigner, nil
		}
	}
	return note.NewVerifier(text)
}

func newTimestamped(seed, name string) (*timestamped, error) {
	key := ed25519.NewKeyFromSeed(fromHex(seed))
	return &timestamped{name: string(fromHex(name)), key: key.Public().(ed25519.PublicKey), seed: key}, nil
}

// vkey VKEY: its name and id.
func vkey(words []string) (string, error) {
	key, err := verifier(string(fromHex(words[0])))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x %08x", key.Name(), key.KeyHash()), nil
}

// skey PRIVATE: its name and id.
func skey(words []string) (string, error) {
	key, err := note.NewSigner(string(fromHex(words[0])))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x %08x", key.Name(), key.KeyHash()), nil
}

// generate SEED NAME: the private key and the vkey of type 01.
func generate(words []string) (string, error) {
	private, public, err := note.GenerateKey(bytes.NewReader(fromHex(words[0])), string(fromHex(words[1])))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x %x", private, public), nil
}

// cosigner SEED NAME: the vkey of type 04.
func cosigner(words []string) (string, error) {
	key, err := newTimestamped(words[0], words[1])
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", key.vkey()), nil
}

// open VKEYS NOTE: the text, and the keys whose signatures hold, each as NAME:ID. Says in its error whether it is no
// note at all.
func open(words []string) (string, error) {
	var known []note.Verifier
	for _, text := range list(words[0]) {
		key, err := verifier(string(fromHex(text)))
		if err != nil {
			return "", err
		}
		known = append(known, key)
	}
	opened, err := note.Open(fromHex(words[1]), note.VerifierList(known...))
	if err != nil {
		return "", err
	}
	var signers []string
	for _, sig := range opened.Sigs {
		signers = append(signers, fmt.Sprintf("%x:%08x", sig.Name, sig.Hash))
	}
	return fmt.Sprintf("%x %s", opened.Text, strings.Join(signers, ",")), nil
}

// sign PRIVATE TEXT: the note.
func sign(words []string) (string, error) {
	key, err := note.NewSigner(string(fromHex(words[0])))
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: string(fromHex(words[1]))}, key)
	return fmt.Sprintf("%x", signed), err
}

// cosign SEED NAME TIME NOTE: the note with one cosignature more, which is its last.
func cosign(words []string) (string, error) {
	key, err := newTimestamped(words[0], words[1])
	if err != nil {
		return "", err
	}
	key.time = uint64(number(words[2]))
	_, err = note.Open(fromHex(words[3]), nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return "", err
	}
	signed, err := note.Sign(unverified.Note, key)
	return fmt.Sprintf("%x", signed), err
}

// ed25519 KEY MESSAGE SIGNATURE: whether it holds.
func verify(words []string) (string, error) {
	if !ed25519.Verify(fromHex(words[0]), fromHex(words[1]), fromHex(words[2])) {
		return "", errors.New("it does not hold")
	}
	return "", nil
}

// not-in-names: all characters that do not stand in the name of a signature line.
func notInNames([]string) (string, error) {
	var refused []string
	for r := rune(0); r <= 0x10ffff; r++ {
		if 0xd800 <= r && r < 0xe000 {
			continue
		}
		_, err := note.Open([]byte("text\n\n— a"+string(r)+"b AAAAAAA=\n"), nil)
		var unverified *note.UnverifiedNoteError
		if !errors.As(err, &unverified) {
			refused = append(refused, fmt.Sprint(r))
		}
	}
	return strings.Join(refused, ","), nil
}

// checkpoint TEXT: size and root of a text of three lines. Package tlog reads trees of one log only, whose name is put
// in the place of the origin.
func checkpoint(words []string) (string, error) {
	lines := strings.SplitAfterN(string(fromHex(words[0])), "\n", 2)
	if len(lines) != 2 || strings.Count(lines[1], "\n") != 2 || !strings.HasSuffix(lines[1], "\n") {
		return "", errors.New("not three lines")
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %x", tree.N, tree.Hash[:]), nil
}
