/*
 * node/practice/messages.h - the messages of a thread, and who has read them (README.md, section 3).
 *
 * A function of the document: the same on every device. Pure.
 */
#ifndef NODE_PRACTICE_MESSAGES_H
#define NODE_PRACTICE_MESSAGES_H

#include "node/work/work.h"

enum {
	THREADS_MESSAGES_MAX = 5000, /* of one thread: the newest ones */
	THREADS_URGENT_SEEN = 200, /* whose words are read to know whether they are urgent */
};

struct thread_message {
	struct record_id id;
	struct op_id op; /* its feed: who wrote it */
	uint64_t hlc;
	bool is_corrected;
	bool is_urgent; /* of the newest THREADS_URGENT_SEEN: what is urgent is not old */
};

/* What one feed's author said that she has read. */
struct thread_reading {
	struct feed_id feed;
	uint8_t message[SCHEMA_SHORT_BYTES];
	uint32_t at; /* earlier ones are lower */
};

/* Zero-initialized is empty; owner calls thread_close(). */
struct thread {
	struct thread_message *messages; /* oldest first */
	uint32_t count;
	uint32_t left_out; /* older ones */
	struct thread_reading *readings; /* by message; of each the earliest first, each feed once */
	uint32_t reading_count, reading_capacity;
};

void thread_of(const struct digest_source *document, struct thread *out);
void thread_close(struct thread *thread);

/* What stands there of one message. NULL: nobody said that she has read it. */
const struct thread_reading *thread_readings(
        const struct thread *thread, const struct thread_message *message, uint32_t *count);

/* Did somebody who writes one of these feeds write the message, or say that she has read it? */
bool thread_has_read(const struct thread *thread, const struct thread_message *message,
        const struct feed_id *feeds, uint32_t feed_count);
uint32_t thread_unread(const struct thread *thread, const struct feed_id *feeds, uint32_t feed_count);
/* Of them, those that are urgent. */
uint32_t thread_unread_urgent(const struct thread *thread, const struct feed_id *feeds, uint32_t feed_count);

/* The source "messageUnread" (work.h). */
void thread_facts(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
