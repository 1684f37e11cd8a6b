// A minimal SFU on Pion with the library's own defaults, for `./bench.sh sfu`: what a Go programmer has after a day.
//
//	pion-sfu ADDRESS PORT
//
// POST /publish?room=R&participant=P and POST /subscribe?room=R&participant=P take an SDP offer and give the answer
// with all candidates. A subscriber gets the tracks of everybody else who has published in that room so far.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

type tracks struct{ video, audio *webrtc.TrackLocalStaticRTP }

type sfu struct {
	api   *webrtc.API
	mutex sync.Mutex
	rooms map[string]map[string]tracks
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: pion-sfu ADDRESS PORT")
	}
	address := net.ParseIP(os.Args[1])
	api, err := newAPI(address)
	if err != nil {
		log.Fatal(err)
	}
	server := &sfu{api: api, rooms: map[string]map[string]tracks{}}
	http.HandleFunc("/publish", server.handle(server.publish))
	http.HandleFunc("/subscribe", server.handle(server.subscribe))
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(http.Serve(listener, nil))
}

func newAPI(address net.IP) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	interceptors := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, interceptors); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetLite(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIPFilter(func(ip net.IP) bool { return ip.Equal(address) })
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(settings)), nil
}

func (s *sfu) handle(add func(*webrtc.PeerConnection, string, string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.answer(r, add)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, answer)
	}
}

func (s *sfu) answer(r *http.Request, add func(*webrtc.PeerConnection, string, string) error) (string, error) {
	offer, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return "", err
	}
	connection, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	query := r.URL.Query()
	if err = add(connection, query.Get("room"), query.Get("participant")); err != nil {
		return "", err
	}
	if err = connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(offer)}); err != nil {
		return "", err
	}
	answer, err := connection.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(connection)
	if err = connection.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return connection.LocalDescription().SDP, nil
}

func (s *sfu) publish(connection *webrtc.PeerConnection, room, participant string) error {
	video, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", participant)
	if err != nil {
		return err
	}
	audio, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "audio", participant)
	if err != nil {
		return err
	}
	s.mutex.Lock()
	if s.rooms[room] == nil {
		s.rooms[room] = map[string]tracks{}
	}
	s.rooms[room][participant] = tracks{video, audio}
	s.mutex.Unlock()
	connection.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		local := audio
		if remote.Kind() == webrtc.RTPCodecTypeVideo {
			local = video
		}
		packet := make([]byte, 1500)
		for {
			n, _, err := remote.Read(packet)
			if err != nil {
				return
			}
			if _, err = local.Write(packet[:n]); err != nil && !errors.Is(err, io.ErrClosedPipe) {
				return
			}
		}
	})
	return nil
}

func (s *sfu) subscribe(connection *webrtc.PeerConnection, room, participant string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for publisher, published := range s.rooms[room] {
		if publisher == participant {
			continue
		}
		for _, track := range []*webrtc.TrackLocalStaticRTP{published.video, published.audio} {
			sender, err := connection.AddTrack(track)
			if err != nil {
				return err
			}
			go drain(sender) // interceptors see RTCP only while somebody reads it
		}
	}
	return nil
}

func drain(sender *webrtc.RTPSender) {
	packet := make([]byte, 1500)
	for {
		if _, _, err := sender.Read(packet); err != nil {
			return
		}
	}
}
