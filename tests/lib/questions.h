/*
 * tests/lib/questions.h - what a program that is not ours asks in a session (net/README.md, section 5, "State").
 */
#ifndef TESTS_LIB_QUESTIONS_H
#define TESTS_LIB_QUESTIONS_H

#include "crdt/base/wire.h"
#include "net/session.h"

/* The summary of somebody who has nothing that the other side has: everything is said at length. */
static inline void question_summary(struct buf *out)
{
	memset(buf_extend(out, NET_SUMMARY_BYTES), 7, NET_SUMMARY_BYTES);
}

/* A question for replicated state by somebody who has nothing of it: no words, and an empty list. All of it is the answer. */
static inline void question_for_all_rows(struct buf *out)
{
	enum { WORDS_AND_LIST = 3 };
	wire_put_u8(out, WORDS_AND_LIST);
	memset(buf_extend(out, NET_SALT_BYTES), 0, NET_SALT_BYTES);
	wire_put_varint(out, 0);
	wire_put_varint(out, 0);
}

#endif
