#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/vitals/measure.h"

static const struct schema_vital *vital(const char *name)
{
	return schema_vital_named(span_text(name));
}

static void what_is_typed(void **state)
{
	static const struct {
		const char *vital, *text;
		int result;
		int32_t want;
	} CASES[] = {{"temp", "37.2", 0, 372}, {"temp", "37,2", 0, 372}, {"temp", "37", 0, 370},
	        {"temp", "37.2 °C", 0, 372}, {"temp", "37.25", ERR_INVALID, 0},
	        {"temp", "98.6 °F", ERR_UNSUPPORTED, 0}, {"temp", "", ERR_INVALID, 0},
	        {"temp", "chaud", ERR_INVALID, 0}, {"temp", "37.", ERR_INVALID, 0},
	        {"temp", ".5", ERR_INVALID, 0}, {"temp", "-1", 0, -10}, {"temp", "3 7", ERR_UNSUPPORTED, 0},
	        {"temp", "37.2.1", ERR_UNSUPPORTED, 0}, {"temp", "9999999999", ERR_INVALID, 0},
	        {"sys", "130", 0, 130}, {"sys", "130 mmHg", 0, 130}, {"sys", "13 cmHg", 0, 130},
	        {"sys", "13.5cmhg", 0, 135}, {"sys", "13,5 CMHG", 0, 135},
	        {"sys", "130 mm", ERR_UNSUPPORTED, 0}, {"gluc", "0.99", 0, 99}, {"gluc", "0.99 g/L", 0, 99},
	        {"gluc", "5.5 mmol/L", 0, 99}, {"gluc", "5,5mmol/l", 0, 99}, {"gluc", "99 mg/dL", 0, 99},
	        {"gluc", "5.55 mmol/L", ERR_INVALID, 0}, {"gluc", "5.5 mol", ERR_UNSUPPORTED, 0},
	        {"kg", "72.4", 0, 724}, {"kg", "72400 g", 0, 724},
	        {"kg", "3450 g", ERR_UNSUPPORTED, 0}, /* 50 g would be lost without a word */
	        {"kg", "72,4 kg", 0, 724}, {"cm", "1.725 m", 0, 1725}, {"cm", "172", 0, 1720},
	        {"diuresis", "1.5 L/24h", 0, 1500}, {"diuresis", "1500 mL / 24 h", 0, 1500},
	        {"inr", "2.5", 0, 25}, {"inr", "2.5 x", ERR_UNSUPPORTED, 0}, {"pain", "3/10", 0, 3},
	        {"spo2", "97 %", 0, 97}, {"spo2", "97%", 0, 97}, {"pulse", "72/min", 0, 72}};
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		int32_t got = 0;
		int result = measure_read(vital(CASES[i].vital), span_text(CASES[i].text), &got);
		if (result != CASES[i].result || got != CASES[i].want)
			fail_msg("%s “%s”: %d, %d", CASES[i].vital, CASES[i].text, result, got);
	}
}

/* Whatever was typed in either unit comes back in it as it was. */
static void no_unit_loses_anything(void **state)
{
	(void)state;
	for (uint32_t number = 1; schema_vital(number); number++) {
		const struct schema_vital *of = schema_vital(number);
		for (uint32_t index = 0; of->units && of->units[index].name; index++)
			for (int64_t value = of->lowest; value <= of->highest; value++) {
				char typed[2 * MEASURE_TEXT_BYTES], own[MEASURE_TEXT_BYTES],
				        again[MEASURE_TEXT_BYTES];
				int32_t first, second;
				const struct schema_unit *unit = measure_write_in(own, of, value, index);
				snprintf(typed, sizeof(typed), "%s %s", own, unit->name);
				assert_int_equal(measure_read(of, span_text(typed), &first), 0);
				measure_write_in(again, of, first, index);
				assert_string_equal(again, own);
				if (!unit->is_rounded)
					assert_int_equal(first, value);
				measure_write(own, of, first);
				assert_int_equal(measure_read(of, span_text(own), &second), 0);
				assert_int_equal(first, second);
			}
	}
}

static void ranges_stand_in_one_another(void **state)
{
	(void)state;
	for (uint32_t number = 1; schema_vital(number); number++) {
		const struct schema_vital *of = schema_vital(number);
		assert_true(of->lowest <= of->min && of->min < of->max && of->max <= of->highest);
		assert_true(of->lowest >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_typed),
	        cmocka_unit_test(no_unit_loses_anything),
	        cmocka_unit_test(ranges_stand_in_one_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
