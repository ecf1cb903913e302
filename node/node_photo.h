/*
 * node/node_photo.h - photos and scans of dossiers: saved with their entry, kept chunk by chunk, and who else has them (README.md, "Pictures").
 *
 * Normal course: node_photo_save() writes the chunks and the entry in one batch. At another device the entry makes the picture known; its chunks come by
 * node_photo_put(), in any order, each checked by its hash. Threads: the node's.
 */
#ifndef NODE_NODE_PHOTO_H
#define NODE_NODE_PHOTO_H

#include "net/pieces.h"
#include "node/blobs.h"
#include "node/node.h"
#include "node/record.h"

/* Save `bytes` into a dossier, with the event of kind SCHEMA_PHOTO in `edit`, to which the manifest is added; *address, unless NULL, names it. ERR_LOCKED: there is no key of this dossier here. ERR_FULL: this device
 * knows of as many as it can. Errors of node_change_begin(), record_write() and node_change_finish(): nothing was written. */
int node_photo_save(struct node *node, const struct record_id *dossier, struct record_edit *edit,
        struct span bytes, struct span media_type, struct blob_address *address, node_done done,
        void *context);

struct node_photo {
	uint32_t chunk_count, held_count;
	uint32_t elsewhere; /* other active devices of people that said that they have all of it */
	uint32_t relays; /* relays that said so: they may let it go after a while */
	bool asked;
};
/* False: no entry that counts names it, or there was no room to know of it. */
bool node_photo(struct node *node, const struct blob_address *address, struct node_photo *out);

/* An event's manifest. The hashes are read into `arena`. False: it has none that can be read. */
bool node_photo_manifest(const struct schema_record *record, struct arena *arena, struct blob_manifest *out);

/* Append chunk `index` in clear. ERR_NOTFOUND: not received yet. ERR_LOCKED: no key of the dossier is here. */
int node_photo_open(struct node *node, const struct record_id *dossier, const struct blob_manifest *manifest,
        uint32_t index, struct buf *out);

/* Somebody wants to see it: it comes before others. */
void node_photo_ask(struct node *node, const struct blob_address *address);

/* Which photos come to this device, and how fast at most; kept on this device. */
enum node_photos {
	NODE_PHOTOS_ALL,
	NODE_PHOTOS_ASKED, /* those that somebody opens; of the others the small picture, which is in the entry */
	NODE_PHOTOS_TODAY, /* and those of patients of whom something was recorded today or yesterday */
	NODE_PHOTOS_NONE, /* nothing comes, and nothing is given */
	NODE_PHOTOS_CHOICES,
};
struct node_photo_policy {
	enum node_photos which;
	uint32_t
	        bytes_per_s; /* in each direction, over all connections; 0: as fast as there is room beside entries */
};
struct node_photo_policy node_photo_policy(const struct node *node);
int node_set_photo_policy(struct node *node, const struct node_photo_policy *policy);

struct node_photo_counts {
	uint32_t known, whole,
	        only_here; /* the last: whole, and on no other person's device that is known of */
	uint32_t only_relays; /* of these, at a relay */
	uint64_t pieces_missing;
};
struct node_photo_counts node_photo_counts(struct node *node);

/* Those that are not whole here nor at any other person's device, and that `device` added, or said that it has. */
uint32_t node_photo_only_at(struct node *node, const struct device_id *device);

/* ---- Between devices (net/README.md, section 6) ---- */

/* May that person's device have pictures of this dossier? */
bool node_photo_may_have(struct node *node, const struct device_id *device, const struct record_id *dossier);

/* Append the addresses of pictures that are whole here, that `device` may have, and that became whole after `mark`, in ascending order; *mark becomes the mark now. */
void node_photo_whole(struct node *node, const struct device_id *device, uint64_t *mark, struct buf *out);

/* What `device` said that it has. False: some are not known here, and not remembered. */
bool node_photo_told(struct node *node, const struct device_id *device, const struct blob_address *addresses,
        uint32_t count, bool anew);
void node_photo_believed(struct node *node, const struct device_id *device, struct span *addresses);
bool node_photo_is_at(struct node *node, const struct device_id *device, const struct blob_address *address);
/* It has that one no more, or does not give it. */
void node_photo_denied(struct node *node, const struct device_id *device, const struct blob_address *address);

/* Append a chunk as it is sealed, or, for a relay, its note. ERR_NOTFOUND: it is not here, or not for that device. */
#define NODE_PHOTO_NOTE NET_PIECE_NOTE /* instead of a chunk's index */
int node_photo_sealed(struct node *node, const struct device_id *device, const struct blob_address *address,
        uint32_t index, struct buf *out);

/* A chunk came. ERR_BADSEAL: it is another one than the manifest says. 0: it is on its way to the disk. NODE_PHOTO_IGNORED: it is here, or not known any more, or not to be
 * judged yet. */
enum { NODE_PHOTO_IGNORED = 1 };
int node_photo_put(struct node *node, const struct blob_address *address, uint32_t index, struct span sealed);

/* What to ask `device` for: of the pictures that it has and that are wanted here, those asked for first, then those of today's patients, then the newest; *address, unless zero, is gone on with. `taken`
 * says that another device is being asked for it. False: nothing. */
typedef bool (*node_photo_taken)(void *context, const struct blob_address *address);
bool node_photo_next(struct node *node, const struct device_id *device, node_photo_taken taken, void *context,
        struct blob_address *address, uint32_t *index);
/* Moves when node_photo_next() may find something that it did not find before; and to make it do so. */
uint64_t node_photo_mark(const struct node *node);
void node_photo_look_again(struct node *node);
void node_photo_day(struct node *node); /* time has passed: is it another day? */
uint64_t node_photo_whole_mark(const struct node *node);
uint32_t node_photo_known_count(const struct node *node);
bool node_photo_holds(struct node *node, const struct blob_address *address,
        uint32_t index); /* true also when it is known no more */

/* ---- At a relay (README.md, "Pictures", "At a relay") ---- */

/* Is this device one? Then pictures are known by notes, and node_photo_next() asks for these too. */
bool node_carries(const struct node *node);

/* At most so many bytes of pictures, none of entries that are older (0 days: of any age). What is known already stays until it is too old. */
void node_limit_photos(struct node *node, uint64_t bytes, uint32_t days);

/* A note came. ERR_BADSEAL, ERR_MALFORMED, ERR_VERSION: it is not the address's. NODE_PHOTO_IGNORED: not needed, or not kept here. */
int node_photo_put_note(struct node *node, const struct device_id *from, const struct blob_address *address,
        struct span note);
bool node_photo_has_note(
        struct node *node, const struct blob_address *address); /* true also when it is known no more */

#endif
