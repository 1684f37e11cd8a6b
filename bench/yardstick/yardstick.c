// The floor that C reaches: receive, open AES-256-GCM SRTP, seal it for each other member of the room, send.
// No RTCP, no retransmission, no rewriting: an SFU can only cost more. What it uses is what a fast SFU would use:
// recvmmsg with UDP_GRO, one EVP context a key and direction kept for good, sendmmsg with UDP_SEGMENT.
//
//   yardstick BIND PORT PEERS FIRST_PORT ROOM_SIZE ROOMS KEYS
//
// Peer i is PEERS:FIRST_PORT+i and belongs to room i / ROOM_SIZE. KEYS are 88 hex digits: master key and master salt
// (32 + 12 bytes), from which each peer's two are made by direction and number, see peer_keys. Counts are printed as
// JSON at SIGTERM or SIGINT.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { KEY = 32, SALT = 12, TAG = 16, MESSAGES = 32, MESSAGE_BYTES = 65536, STREAMS = 8, MAX_PEERS = 4096,
       TRAIN = 43, OUT_MESSAGES = 64, SLOT = TRAIN * 1500 };

struct stream { uint32_t ssrc, roc; uint16_t highest; bool used; };
struct peer {
  struct sockaddr_in address;
  EVP_CIPHER_CTX *open, *seal;
  uint8_t open_salt[SALT], seal_salt[SALT];
  struct stream streams[STREAMS];
};
struct packet { uint8_t *bytes; int length; uint32_t roc; };

static struct peer peers[MAX_PEERS];
static struct { long in, out, refused, forged, unknown, wakes; } counts;
static volatile sig_atomic_t stopping;

static void on_signal(int number) { (void)number; stopping = 1; }
static void fail(const char *what) { perror(what); exit(1); }

// RFC 3711 §4.3.1: AES-CM of the master key over salt XOR label, in the last but one place of the 112-bit value.
static void derive(const uint8_t *key, const uint8_t *salt, uint8_t label, uint8_t *out, int length) {
  uint8_t input[48] = {0}, blocks[64];
  int written, used = (length + 15) / 16;
  for (int b = 0; b < used; b++) {
    memcpy(input + 16 * b, salt, SALT);
    input[16 * b + 7] ^= label;
    input[16 * b + 15] = (uint8_t)b;
  }
  EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
  if (!EVP_EncryptInit_ex(aes, EVP_aes_256_ecb(), NULL, key, NULL) || !EVP_EncryptUpdate(aes, blocks, &written, input, 16 * used)) fail("key derivation");
  EVP_CIPHER_CTX_free(aes);
  memcpy(out, blocks, (size_t)length);
}

// A peer's master key: the bench's, with direction and number mixed into its first three bytes.
static EVP_CIPHER_CTX *peer_keys(const uint8_t *master, int number, bool sealing, uint8_t *salt) {
  uint8_t mixed[KEY + SALT], key[KEY];
  memcpy(mixed, master, sizeof mixed);
  mixed[0] ^= sealing ? 1 : 0;
  mixed[1] ^= (uint8_t)(number >> 8);
  mixed[2] ^= (uint8_t)number;
  derive(mixed, mixed + KEY, 0, key, KEY);
  derive(mixed, mixed + KEY, 2, salt, SALT);
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (!EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, NULL, sealing)) fail("EVP");
  return context;
}

static int header_bytes(const uint8_t *p, int length) {
  int bytes = 12 + 4 * (p[0] & 15);
  if (p[0] & 0x10) bytes += bytes + 4 <= length ? 4 + 4 * (p[bytes + 2] << 8 | p[bytes + 3]) : length;
  return bytes;
}

// RFC 7714 §8.1: 00 00 | SSRC | ROC | SEQ, XOR salt.
static void make_iv(uint8_t *iv, const uint8_t *p, uint32_t roc, const uint8_t *salt) {
  uint8_t plain[SALT] = {0, 0, p[8], p[9], p[10], p[11], (uint8_t)(roc >> 24), (uint8_t)(roc >> 16), (uint8_t)(roc >> 8), (uint8_t)roc, p[2], p[3]};
  for (int i = 0; i < SALT; i++) iv[i] = plain[i] ^ salt[i];
}

static struct stream *find_stream(struct peer *from, uint32_t ssrc, uint16_t sequence) {
  for (struct stream *s = from->streams; s < from->streams + STREAMS; s++) {
    if (!s->used) *s = (struct stream){ssrc, 0, sequence, true};
    if (s->ssrc == ssrc) return s;
  }
  return NULL;
}

// Opens in place; the packet then is header, plain payload, and room for a tag.
static bool open_packet(struct peer *from, uint8_t *p, int length, uint32_t *roc) {
  if (length < 12 + TAG || p[0] >> 6 != 2 || header_bytes(p, length) > length - TAG) return false;
  int header = header_bytes(p, length), written;
  uint16_t sequence = (uint16_t)(p[2] << 8 | p[3]);
  struct stream *s = find_stream(from, (uint32_t)p[8] << 24 | p[9] << 16 | p[10] << 8 | p[11], sequence);
  if (!s) return false;
  int16_t ahead = (int16_t)(sequence - s->highest);
  *roc = s->roc + (ahead > 0 && sequence < s->highest) - (ahead < 0 && sequence > s->highest);
  uint8_t iv[SALT];
  make_iv(iv, p, *roc, from->open_salt);
  if (!EVP_CipherInit_ex(from->open, NULL, NULL, NULL, iv, 0) || !EVP_DecryptUpdate(from->open, NULL, &written, p, header) ||
      !EVP_DecryptUpdate(from->open, p + header, &written, p + header, length - header - TAG) ||
      !EVP_CIPHER_CTX_ctrl(from->open, EVP_CTRL_AEAD_SET_TAG, TAG, p + length - TAG) || EVP_DecryptFinal_ex(from->open, iv, &written) != 1) return false;
  if (ahead > 0) { s->highest = sequence; s->roc = *roc; }
  return true;
}

static void seal_packet(struct peer *to, uint8_t *out, const struct packet *packet) {
  const uint8_t *p = packet->bytes;
  int length = packet->length, header = header_bytes(p, length), written;
  uint8_t iv[SALT];
  memcpy(out, p, (size_t)header);
  make_iv(iv, p, packet->roc, to->seal_salt);
  EVP_CipherInit_ex(to->seal, NULL, NULL, NULL, iv, 1);
  EVP_EncryptUpdate(to->seal, NULL, &written, out, header);
  EVP_EncryptUpdate(to->seal, out + header, &written, p + header, length - header - TAG);
  EVP_EncryptFinal_ex(to->seal, out + length - TAG, &written);
  EVP_CIPHER_CTX_ctrl(to->seal, EVP_CTRL_AEAD_GET_TAG, TAG, out + length - TAG);
}

static uint8_t arena[OUT_MESSAGES][SLOT];
static struct mmsghdr out_messages[OUT_MESSAGES];
static struct iovec out_vectors[OUT_MESSAGES];
static union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(uint16_t))]; } out_control[OUT_MESSAGES];
static int out_counts[OUT_MESSAGES], out_queued;

static void flush(int socket) {
  for (int first = 0; first < out_queued;) {
    int sent = sendmmsg(socket, out_messages + first, (unsigned)(out_queued - first), MSG_DONTWAIT);
    for (int i = 0; i < sent; i++) counts.out += out_counts[first + i];
    if (sent <= 0) { if (errno == EINTR) continue; counts.refused += out_counts[first]; sent = 1; }
    first += sent;
  }
  out_queued = 0;
}

// One train is consecutive packets of one sender, all of the first one's length but the last, which may be shorter.
static void forward(int socket, int from, int room_size, const struct packet *train, int count) {
  int first = from / room_size * room_size;
  for (int i = first; i < first + room_size; i++) {
    if (i == from) continue;
    if (out_queued == OUT_MESSAGES) flush(socket);
    int bytes = 0, q = out_queued++;
    for (int k = 0; k < count; k++) { seal_packet(&peers[i], arena[q] + bytes, &train[k]); bytes += train[k].length; }
    out_counts[q] = count;
    out_vectors[q] = (struct iovec){arena[q], (size_t)bytes};
    struct msghdr *h = &out_messages[q].msg_hdr;
    *h = (struct msghdr){.msg_name = &peers[i].address, .msg_namelen = sizeof peers[i].address, .msg_iov = &out_vectors[q], .msg_iovlen = 1};
    if (count > 1) {
      h->msg_control = out_control[q].bytes;
      h->msg_controllen = sizeof out_control[q].bytes;
      struct cmsghdr *c = CMSG_FIRSTHDR(h);
      *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(uint16_t)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
      *(uint16_t *)CMSG_DATA(c) = (uint16_t)train[0].length;
    }
  }
}

static int segment_bytes(struct msghdr *h, int whole) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) return *(int *)CMSG_DATA(c);
  return whole;
}

static int open_socket(const char *bind_to, int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, buffer = 4 << 20;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct timeval patience = {0, 100000};
  if (fd < 0 || inet_pton(AF_INET, bind_to, &address.sin_addr) != 1 || bind(fd, (void *)&address, sizeof address)) fail("bind");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof one)) fail("UDP_GRO");
  return fd;
}

// What forwarding costs before the kernel is asked: one packet opened, then sealed for each receiver, in processor time.
static int seal_only(int receivers, int frames) {
  uint8_t master[KEY + SALT] = {7}, wire[SLOT] = {0x80, 96};
  struct packet next = {wire, 1118, 0};
  for (int i = 0; i <= receivers; i++) {
    peers[i].open = peer_keys(master, i, false, peers[i].open_salt);
    peers[i].seal = peer_keys(master, i, true, peers[i].seal_salt);
  }
  memcpy(peers[0].open_salt, peers[0].seal_salt, SALT);
  EVP_CIPHER_CTX_free(peers[0].open);
  peers[0].open = peer_keys(master, 0, true, peers[0].seal_salt);
  long sealed = 0;
  struct timespec began, ended;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
  for (int f = 0; f < frames; f++) {
    wire[2] = (uint8_t)(f >> 8);
    wire[3] = (uint8_t)f;
    // Opening costs what sealing does, so a seal stands for it: the packet need not be a genuine one.
    seal_packet(&peers[0], arena[0], &next);
    for (int i = 1; i <= receivers; i++, sealed++) seal_packet(&peers[i], arena[i], &next);
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
  printf("%.4f\n", ((double)(ended.tv_sec - began.tv_sec) * 1e6 + (double)(ended.tv_nsec - began.tv_nsec) / 1e3) / (double)sealed);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && !strcmp(argv[1], "--seal")) {
    int receivers = atoi(argv[2]), frames = atoi(argv[3]);
    if (receivers >= 1 && receivers < OUT_MESSAGES && receivers < MAX_PEERS && frames >= 1) return seal_only(receivers, frames);
  }
  if (argc != 8 || strlen(argv[7]) != 2 * (KEY + SALT)) { fprintf(stderr, "usage: yardstick BIND PORT PEERS FIRST_PORT ROOM_SIZE ROOMS KEYS\n"); return 2; }
  int first_port = atoi(argv[4]), room_size = atoi(argv[5]), all = room_size * atoi(argv[6]);
  if (room_size < 2 || all < 2 || all > MAX_PEERS) { fprintf(stderr, "yardstick: 2 to %d peers\n", MAX_PEERS); return 2; }
  uint8_t master[KEY + SALT];
  for (int i = 0; i < KEY + SALT; i++) if (sscanf(argv[7] + 2 * i, "%2hhx", &master[i]) != 1) { fprintf(stderr, "yardstick: KEYS are hex digits\n"); return 2; }
  for (int i = 0; i < all; i++) {
    struct peer *p = &peers[i];
    p->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)(first_port + i))};
    if (inet_pton(AF_INET, argv[3], &p->address.sin_addr) != 1) fail("PEERS");
    p->open = peer_keys(master, i, false, p->open_salt);
    p->seal = peer_keys(master, i, true, p->seal_salt);
  }
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  int fd = open_socket(argv[1], atoi(argv[2]));
  static uint8_t buffers[MESSAGES][MESSAGE_BYTES];
  static struct mmsghdr messages[MESSAGES];
  static struct sockaddr_in names[MESSAGES];
  static union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control[MESSAGES];
  struct iovec vectors[MESSAGES];
  puts("ready");
  fflush(stdout);
  while (!stopping) {
    for (int i = 0; i < MESSAGES; i++) {
      vectors[i] = (struct iovec){buffers[i], MESSAGE_BYTES};
      messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &vectors[i], .msg_iovlen = 1,
                                            .msg_control = control[i].bytes, .msg_controllen = sizeof control[i].bytes};
    }
    int received = recvmmsg(fd, messages, MESSAGES, MSG_WAITFORONE, NULL);
    if (received <= 0) continue;
    counts.wakes++;
    struct packet train[TRAIN];
    int count = 0, from = -1;
    for (int i = 0; i < received; i++) {
      int whole = (int)messages[i].msg_len, segment = segment_bytes(&messages[i].msg_hdr, whole), sender = ntohs(names[i].sin_port) - first_port;
      if (sender < 0 || sender >= all || names[i].sin_addr.s_addr != peers[sender].address.sin_addr.s_addr) { counts.unknown++; continue; }
      for (int at = 0; at < whole; at += segment) {
        struct packet next = {buffers[i] + at, whole - at < segment ? whole - at : segment, 0};
        counts.in++;
        if (!open_packet(&peers[sender], next.bytes, next.length, &next.roc)) { counts.forged++; continue; }
        bool fits = count > 0 && count < TRAIN && sender == from && train[count - 1].length == train[0].length && next.length <= train[0].length;
        if (count > 0 && !fits) { forward(fd, from, room_size, train, count); count = 0; }
        from = sender;
        train[count++] = next;
      }
    }
    if (count > 0) forward(fd, from, room_size, train, count);
    flush(fd);
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"packetsIn\":%ld,\"packetsOut\":%ld,\"refused\":%ld,\"forged\":%ld,\"unknown\":%ld,\"wakes\":%ld,\"userMicroseconds\":%ld,\"systemMicroseconds\":%ld}\n",
         counts.in, counts.out, counts.refused, counts.forged, counts.unknown, counts.wakes,
         used.ru_utime.tv_sec * 1000000L + used.ru_utime.tv_usec, used.ru_stime.tv_sec * 1000000L + used.ru_stime.tv_usec);
  return 0;
}
