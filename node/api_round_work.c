/* What of the round wants attention today, that no document says alone: whose a visit is follows from the plan, from who is away, and from the day. */
#include "node/api_round.h"

#include <stdio.h>
#include <string.h>

#include "node/work/work.h"

enum { AHEAD_DAYS = 3 }; /* today, tomorrow and the day after */

static struct work_fact *add(struct work_facts *facts, uint32_t source, int64_t day, const uint8_t *id)
{
	uint8_t key[ID_SHORT_BYTES + 4] = {
	        (uint8_t)(day >> 24), (uint8_t)(day >> 16), (uint8_t)(day >> 8), (uint8_t)day};
	struct work_fact *fact = work_add(facts, source);
	if (!fact)
		return NULL;
	if (id)
		memcpy(key + 4, id, ID_SHORT_BYTES);
	fact->key = work_keep(facts, span_of(key, id ? sizeof(key) : 4));
	fact->day = (int32_t)day;
	return fact;
}

static void say_day(int64_t day, enum schema_language language, char out[32])
{
	struct buf said = {0};
	recurrence_day_words(day, language, &said);
	snprintf(out, 32, "%.*s", (int)said.size, (const char *)said.data);
	buf_close(&said);
}

static void add_unclaimed(const struct api_round *round, int64_t today, struct work_facts *facts)
{
	uint32_t count = 0;
	char fr[32], en[32];
	for (uint32_t i = 0; i < round->visits.count; i++)
		count += (round->visits.items[i].marks & ROUND_UNCLAIMED) != 0;
	struct work_fact *fact = count ? add(facts, WORK_UNCLAIMED, round->day, NULL) : NULL;
	if (!fact)
		return;
	say_day(round->day, SCHEMA_FR, fr);
	say_day(round->day, SCHEMA_EN, en);
	*(round->day <= today + 1 ? &fact->now : &fact->soon) = WORK_ALWAYS;
	fact->fr = work_words(facts, "%u passage(s) du %s ne sont à personne.", count, fr);
	fact->en = work_words(facts, "%u visit(s) of %s are nobody's.", count, en);
}

/* Handed over, and not accepted: the one who has it, and who gave it, see it. */
static void add_unaccepted(const struct round_visit *visit, int64_t today, struct work_facts *facts)
{
	const struct round_person *people[] = {
	        visit->owners.count ? &visit->owners.items[0] : NULL, &visit->handed_by};
	for (size_t i = 0; i < sizeof(people) / sizeof(*people); i++) {
		uint8_t id[ID_SHORT_BYTES];
		memcpy(id, visit->id.bytes, sizeof(id));
		id[0] ^= (uint8_t)i; /* one for each of them */
		struct work_fact *fact = people[i] ? add(facts, WORK_HANDED_OVER, visit->day, id) : NULL;
		if (!fact)
			continue;
		*(visit->day <= today + 1 ? &fact->now : &fact->soon) = WORK_ALWAYS;
		fact->whose = WORK_PERSON;
		fact->person = work_keep(facts, span_of(people[i]->bytes, sizeof(people[i]->bytes)));
		fact->records = work_keep(facts, span_of(visit->id.bytes, sizeof(visit->id.bytes)));
		fact->fr = work_words(facts, "%s",
		        i ? "Un passage que vous avez transmis n'est pas encore accepté."
		          : "Un passage vous est transmis : à accepter.");
		fact->en = work_words(facts, "%s",
		        i ? "A visit that you handed over is not accepted yet."
		          : "A visit was handed over to you: accept it.");
	}
}

static void add_missed(const struct api_round *round, int64_t now_s, struct work_facts *facts)
{
	uint32_t count = 0;
	char fr[32], en[32];
	for (uint32_t i = 0; i < round->visits.count; i++)
		count += api_round_is_missed(&round->visits.items[i], now_s);
	struct work_fact *fact = count ? add(facts, WORK_MISSED, round->day, NULL) : NULL;
	if (!fact)
		return;
	say_day(round->day, SCHEMA_FR, fr);
	say_day(round->day, SCHEMA_EN, en);
	fact->now = WORK_ALWAYS;
	fact->fr = work_words(facts, "%u passage(s) du %s ne sont pas notés comme faits.", count, fr);
	fact->en = work_words(facts, "%u visit(s) of %s are not noted as done.", count, en);
}

/* When the next visit is missed, unless somebody makes it. */
static void find_due(const struct api_round *round, int64_t now_s, int64_t *due_s)
{
	for (uint32_t i = 0; i < round->visits.count; i++) {
		const int64_t missed_s = api_round_missed_s(&round->visits.items[i]);
		if (missed_s > now_s && missed_s < *due_s)
			*due_s = missed_s;
	}
}

void api_round_work(struct api_node *app, int64_t today, struct work_facts *facts, int64_t *due_s)
{
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	struct api_round rounds[1 + AHEAD_DAYS];
	struct api_round_ask ask;
	/* yesterday, for what was not done; whoever shows no dossiers has no round */
	if (api_round_open(app, &ask) == 0 &&
	        api_round_of_days(&ask, today - 1, today + AHEAD_DAYS - 1, rounds) == 0) {
		for (int i = 0; i <= AHEAD_DAYS; i++)
			add_missed(&rounds[i], now_s, facts);
		for (int i = 0; i <= AHEAD_DAYS; i++)
			find_due(&rounds[i], now_s, due_s);
		for (int i = 1; i <= AHEAD_DAYS; i++)
			add_unclaimed(&rounds[i], today, facts);
		for (int i = 1; i <= AHEAD_DAYS; i++)
			for (uint32_t j = 0; j < rounds[i].visits.count; j++)
				if (rounds[i].visits.items[j].marks & ROUND_UNACCEPTED)
					add_unaccepted(&rounds[i].visits.items[j], today, facts);
		for (int i = 0; i <= AHEAD_DAYS; i++)
			api_round_free(&rounds[i]);
	}
	api_round_close(&ask);
}
