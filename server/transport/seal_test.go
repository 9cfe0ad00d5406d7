package transport

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

func testKeys(t testing.TB, profile srtp.ProtectionProfile) (*keys, *srtp.Context) {
	t.Helper()
	keyLen, err := profile.KeyLen()
	if err != nil {
		t.Fatal(err)
	}
	saltLen, err := profile.SaltLen()
	if err != nil {
		t.Fatal(err)
	}
	one, two := bytes.Repeat([]byte{1}, keyLen), bytes.Repeat([]byte{2}, keyLen)
	salt := []byte("0123456789abcd")[:saltLen]
	k, err := newKeys(&srtp.Config{Profile: profile, Keys: srtp.SessionKeys{
		LocalMasterKey: one, LocalMasterSalt: salt, RemoteMasterKey: two, RemoteMasterSalt: salt}})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := srtp.CreateContext(one, salt, profile)
	if err != nil {
		t.Fatal(err)
	}
	return k, peer
}

func allProfiles() []srtp.ProtectionProfile {
	return []srtp.ProtectionProfile{srtp.ProtectionProfileAeadAes128Gcm, srtp.ProtectionProfileAeadAes256Gcm, srtp.ProtectionProfileAes128CmHmacSha1_80}
}

// TestSealIsReadByPion seals packets of every shape, out of order and across the wrap, for pion/srtp to open.
func TestSealIsReadByPion(t *testing.T) {
	t.Parallel()
	for _, profile := range allProfiles() {
		t.Run(profile.String(), func(t *testing.T) {
			t.Parallel()
			k, peer := testKeys(t, profile)
			extended := rtp.Header{Version: 2, PayloadType: 96, SSRC: 7, CSRC: []uint32{1, 2}}
			if err := extended.SetExtension(3, []byte("abc")); err != nil {
				t.Fatal(err)
			}
			for i, index := range []uint64{65530, 65534, 65533, 65536, 65535, 65540, 90000, 115000, 131072, 131071} {
				for _, h := range []rtp.Header{{Version: 2, PayloadType: 96, SSRC: 9}, extended} {
					h.SequenceNumber = uint16(index)
					header, err := h.Marshal()
					if err != nil {
						t.Fatal(err)
					}
					payload := bytes.Repeat([]byte{byte(i)}, i*100)
					slab := append(make([]byte, 0, 4096), "before"...)
					sealed, err := k.rtp.seal(slab, header, payload, index)
					if err != nil {
						t.Fatal(err)
					}
					if &sealed[0] != &slab[0] || string(sealed[:6]) != "before" {
						t.Fatal("sealing left the slab")
					}
					plain, err := peer.DecryptRTP(nil, sealed[6:], nil)
					if err != nil {
						t.Fatalf("index %d: %v", index, err)
					}
					if !bytes.Equal(plain, append(header, payload...)) {
						t.Errorf("index %d: opened to other bytes", index)
					}
				}
			}
			packet := []byte{0x80, 201, 0, 1, 0, 0, 0, 9}
			for range 3 {
				slab := append(make([]byte, 0, 64), "before"...)
				sealed, err := k.sealRTCP(slab, packet)
				if err != nil {
					t.Fatal(err)
				}
				plain, err := peer.DecryptRTCP(nil, sealed[6:], nil)
				if err != nil || !bytes.Equal(plain, packet) {
					t.Errorf("rtcp: %v, %v", plain, err)
				}
				if &sealed[0] != &slab[0] {
					t.Error("sealing left the slab")
				}
			}
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	for _, profile := range allProfiles() {
		b.Run(profile.String(), func(b *testing.B) {
			k, _ := testKeys(b, profile)
			header, payload := make([]byte, 12), make([]byte, 1150)
			header[0] = 0x80
			slab := make([]byte, 0, 4096)
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				binary.BigEndian.PutUint16(header[2:], uint16(i))
				if _, err := k.rtp.seal(slab, header, payload, i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
