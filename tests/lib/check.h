/*
 * tests/lib/check.h - cmocka with its required includes, and checks that print what they compared.
 */
#ifndef TESTS_LIB_CHECK_H
#define TESTS_LIB_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crdt/base/err.h"
#include "crdt/base/span.h"

/* A call that must succeed: prints the error's name otherwise. */
#define check_ok(call) \
	do { \
		int check_result_ = (call); \
		if (check_result_ != 0) \
			fail_msg("%s: %s", #call, err_name(check_result_)); \
	} while (0)

/* A call that must give exactly this code. */
#define check_code(call, code) \
	do { \
		int check_result_ = (call); \
		if (check_result_ != (code)) \
			fail_msg("%s: %s, not %s", #call, err_name(check_result_), err_name(code)); \
	} while (0)

#define check_span(got, want) \
	do { \
		struct span got_ = (got), want_ = (want); \
		assert_int_equal(got_.size, want_.size); \
		if (want_.size) \
			assert_memory_equal(got_.data, want_.data, want_.size); \
	} while (0)

#endif
