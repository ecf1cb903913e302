-- What many teams export, in one PostgreSQL database (15 or later): tables, staging, what is refused, views. Run once; running it again changes nothing
-- that was loaded. The rows' meaning: node/evaluation/README.md and node/indicators/README.md. tools/warehouse runs this and loads files.

CREATE SCHEMA IF NOT EXISTS releve;
CREATE SCHEMA IF NOT EXISTS staging;

-- ---- What was loaded: the newest file of each kind from each team ----

CREATE TABLE IF NOT EXISTS releve.loaded (
	kind text NOT NULL CHECK (kind IN ('visits', 'indicators')),
	team text NOT NULL CHECK (team ~ '^[0-9a-f]{64}$'),
	made timestamptz NOT NULL,
	loaded timestamptz NOT NULL DEFAULT now(),
	rows bigint NOT NULL CHECK (rows >= 0),
	manifest jsonb NOT NULL,
	PRIMARY KEY (kind, team)
);

CREATE TABLE IF NOT EXISTS releve.visit (
	team text NOT NULL,
	patient text NOT NULL CHECK (patient ~ '^[0-9a-f]{16}$'), -- a pseudonym of this export alone
	month date NOT NULL CHECK (extract(day FROM month) = 1),
	age text CHECK (age IN ('under-60', '60-69', '70-79', '80-89', '90-over')),
	ald boolean,
	minutes integer NOT NULL CHECK (minutes BETWEEN 0 AND 1440),
	billable boolean NOT NULL,
	cents integer CHECK (cents >= 0 AND (billable OR cents IS NULL)),
	problems text[] NOT NULL
);
CREATE INDEX IF NOT EXISTS visit_by_team ON releve.visit (team, month);

CREATE TABLE IF NOT EXISTS releve.indicator (
	team text NOT NULL,
	period text NOT NULL CHECK (period IN ('month', 'quarter', 'year')),
	month date NOT NULL CHECK (extract(day FROM month) = 1),
	indicator text NOT NULL CHECK (indicator ~ '^[a-z][a-z0-9.-]*$'),
	version integer NOT NULL CHECK (version >= 1),
	stratum text NOT NULL,
	numerator bigint,
	denominator bigint,
	value numeric,
	suppressed boolean NOT NULL,
	source text, -- of what is suppressed: none
	file text NOT NULL, -- the digest of the file that brought it
	PRIMARY KEY (team, period, month, indicator, version, stratum),
	CHECK (suppressed OR source IS NOT NULL),
	CHECK (NOT suppressed OR (numerator IS NULL AND denominator IS NULL AND value IS NULL))
);

-- Of these indicators a count of 1 to 10 persons is refused although a team sent it as one that may be shown.
CREATE TABLE IF NOT EXISTS releve.guarded (prefix text PRIMARY KEY);
INSERT INTO releve.guarded VALUES ('activity.patients'), ('clinical.'), ('outcomes.'), ('experience.') ON CONFLICT DO NOTHING;

-- ---- Staging: the file as it is, every field a text, with its line ----

DROP TABLE IF EXISTS staging.visit, staging.indicator;
CREATE UNLOGGED TABLE staging.visit (
	line bigserial, team text, export text, patient text, month text, age text, ald text, minutes text, billable text, cents text, problems text
);
CREATE UNLOGGED TABLE staging.indicator (
	line bigserial, team text, period text, month text, indicator text, version text, stratum text, numerator text, denominator text, value text,
	suppressed text, source text
);

-- ---- Refusing ----

-- Staging is emptied, and lines are counted from 1 again, before each file; the header is line 1 of the file.
CREATE OR REPLACE FUNCTION staging.visit_problems(manifest jsonb) RETURNS TABLE (line bigint, reason text) LANGUAGE sql AS $$
	SELECT v.line + 1, p.reason
	FROM staging.visit v
	CROSS JOIN LATERAL (VALUES
		(v.team IS DISTINCT FROM manifest ->> 'team', 'it is another team''s'),
		(v.export IS DISTINCT FROM manifest ->> 'export', 'it is of another export'),
		(coalesce(v.patient, '') !~ '^[0-9a-f]{16}$', 'the patient is no pseudonym'),
		(coalesce(v.month, '') !~ '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$', 'the month is none'),
		(v.month < manifest ->> 'from' OR v.month > manifest ->> 'until', 'the month is not of the export'),
		(v.age NOT IN ('under-60', '60-69', '70-79', '80-89', '90-over'), 'the age band is none'),
		(v.ald NOT IN ('0', '1'), 'ald is neither 0 nor 1'),
		(coalesce(v.minutes, '') !~ '^[0-9]{1,4}$' OR (v.minutes ~ '^[0-9]{1,4}$' AND v.minutes::int > 1440), 'the minutes are no visit''s'),
		(coalesce(v.billable, '') NOT IN ('0', '1'), 'billable is neither 0 nor 1'),
		(v.cents !~ '^[0-9]{1,9}$', 'the cents are no amount'),
		(v.cents IS NOT NULL AND v.billable = '0', 'cents of a visit that is not billable'),
		(v.problems !~ '^PB[0-9]{2}( PB[0-9]{2})*$', 'the problems are no codes')
	) AS p (is_so, reason)
	WHERE p.is_so
$$;

-- Groups of fewer than 11 patients: whoever exported by the rules wrote none.
CREATE OR REPLACE FUNCTION staging.visit_groups() RETURNS TABLE (line bigint, reason text) LANGUAGE sql AS $$
	WITH person AS MATERIALIZED (SELECT patient, age, ald, problems FROM staging.visit GROUP BY patient, age, ald, problems)
	SELECT 0::bigint, format('the group (%s, ald %s) has %s patients', coalesce(age, '-'), coalesce(ald, '-'), count(DISTINCT patient))
	FROM person GROUP BY age, ald HAVING count(DISTINCT patient) < 11
	UNION ALL
	SELECT 0, format('%s is of %s patients', code, count(DISTINCT patient))
	FROM person, unnest(string_to_array(problems, ' ')) code GROUP BY code HAVING count(DISTINCT patient) < 11
$$;

CREATE OR REPLACE FUNCTION staging.indicator_problems(manifest jsonb) RETURNS TABLE (line bigint, reason text) LANGUAGE sql AS $$
	SELECT i.line + 1, p.reason
	FROM staging.indicator i
	CROSS JOIN LATERAL (VALUES
		(i.team IS DISTINCT FROM manifest ->> 'team', 'it is another team''s'),
		(coalesce(i.period, '') NOT IN ('month', 'quarter', 'year'), 'the period is none'),
		(coalesce(i.month, '') !~ '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$', 'the month is none'),
		(coalesce(i.indicator, '') !~ '^[a-z][a-z0-9.-]*$', 'the indicator is none'),
		(coalesce(i.version, '') !~ '^[1-9][0-9]{0,5}$', 'the version is none'),
		(i.stratum IS NULL, 'the stratum is missing'),
		(coalesce(i.suppressed, '') NOT IN ('0', '1'), 'suppressed is neither 0 nor 1'),
		(i.numerator !~ '^-?[0-9]{1,18}$' OR i.denominator !~ '^-?[0-9]{1,18}$' OR i.value !~ '^-?[0-9]{1,18}([.][0-9]+)?$', 'a number is none'),
		(i.suppressed = '1' AND (i.numerator IS NOT NULL OR i.denominator IS NOT NULL OR i.value IS NOT NULL), 'a suppressed value stands in it'),
		(i.suppressed = '0' AND i.numerator IS NULL AND i.value IS NOT NULL, 'a value without its count'),
		(i.suppressed = '0' AND i.source IS NULL, 'it was computed for the team itself: it has no source'),
		(i.source !~ '^[0-9a-f]{32}$', 'the source is none'),
		(i.suppressed = '0' AND EXISTS (SELECT FROM releve.guarded g WHERE starts_with(i.indicator, g.prefix))
			AND coalesce(i.denominator, i.numerator) ~ '^([1-9]|10)$', 'a count under 11 stands in it')
	) AS p (is_so, reason)
	WHERE p.is_so
$$;

-- ---- Taking: all of a file or nothing. No row: it was taken; otherwise what is wrong with it ----

-- A parameter called as a column of loaded would be that column.
CREATE OR REPLACE FUNCTION staging.file_problems(of_kind text, said jsonb, found bigint) RETURNS TABLE (line bigint, reason text) LANGUAGE sql AS $$
	SELECT 0::bigint, format('%s rows, and its control totals say %s', found, said ->> 'rows')
	WHERE found IS DISTINCT FROM (said ->> 'rows')::bigint
	UNION ALL
	SELECT 0, format('a newer one of this team, made %s, was loaded', l.made)
	FROM releve.loaded l WHERE l.kind = of_kind AND l.team = said ->> 'team' AND l.made > (said ->> 'made')::timestamptz
$$;

CREATE OR REPLACE FUNCTION releve.note_loaded(of_kind text, m jsonb) RETURNS void LANGUAGE sql AS $$
	INSERT INTO releve.loaded (kind, team, made, rows, manifest)
	VALUES (of_kind, m ->> 'team', (m ->> 'made')::timestamptz, (m ->> 'rows')::bigint, m)
	ON CONFLICT (kind, team) DO UPDATE SET made = excluded.made, loaded = now(), rows = excluded.rows, manifest = excluded.manifest
$$;

CREATE OR REPLACE FUNCTION releve.take_visits(m jsonb) RETURNS TABLE (line bigint, reason text) LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS wrong (line bigint, reason text) ON COMMIT DROP;
	DELETE FROM wrong;
	INSERT INTO wrong SELECT * FROM staging.file_problems('visits', m, (SELECT count(*) FROM staging.visit));
	INSERT INTO wrong SELECT * FROM staging.visit_problems(m) LIMIT 1000;
	INSERT INTO wrong SELECT * FROM staging.visit_groups();
	RETURN QUERY SELECT w.line, w.reason FROM wrong w ORDER BY 1, 2;
	IF FOUND THEN
		RETURN;
	END IF;
	RETURN QUERY SELECT 0::bigint, format('%s minutes and %s cents, and its control totals say %s and %s', s.minutes, s.cents, m ->> 'minutes', m ->> 'cents')
		FROM (SELECT sum(v.minutes::bigint) AS minutes, coalesce(sum(v.cents::bigint), 0) AS cents FROM staging.visit v) s
		WHERE s.minutes IS DISTINCT FROM (m ->> 'minutes')::numeric OR s.cents IS DISTINCT FROM (m ->> 'cents')::numeric;
	IF FOUND THEN
		RETURN;
	END IF;
	DELETE FROM releve.visit WHERE team = m ->> 'team';
	INSERT INTO releve.visit
		SELECT v.team, v.patient, to_date(v.month, 'YYYY-MM'), v.age, v.ald::boolean, v.minutes::int, v.billable::boolean, v.cents::int,
			coalesce(string_to_array(v.problems, ' '), '{}')
		FROM staging.visit v ORDER BY v.line;
	PERFORM releve.note_loaded('visits', m);
END
$$;

CREATE OR REPLACE FUNCTION releve.take_indicators(m jsonb) RETURNS TABLE (line bigint, reason text) LANGUAGE plpgsql AS $$
DECLARE
	is_refused boolean := false;
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS wrong (line bigint, reason text) ON COMMIT DROP;
	DELETE FROM wrong;
	INSERT INTO wrong SELECT * FROM staging.file_problems('indicators', m, (SELECT count(*) FROM staging.indicator));
	INSERT INTO wrong SELECT * FROM staging.indicator_problems(m) LIMIT 1000;
	INSERT INTO wrong SELECT max(i.line) + 1, 'it stands in it twice' FROM staging.indicator i
		GROUP BY i.team, i.period, i.month, i.indicator, i.version, i.stratum HAVING count(*) > 1;
	RETURN QUERY SELECT w.line, w.reason FROM wrong w ORDER BY 1, 2;
	IF FOUND THEN
		RETURN;
	END IF;
	-- a period that the file has is replaced whole; others, of earlier files, stay
	DELETE FROM releve.indicator r USING (SELECT DISTINCT i.period, to_date(i.month, 'YYYY-MM') AS month FROM staging.indicator i) p
		WHERE r.team = m ->> 'team' AND r.period = p.period AND r.month = p.month;
	INSERT INTO releve.indicator
		SELECT i.team, i.period, to_date(i.month, 'YYYY-MM'), i.indicator, i.version::int, i.stratum, i.numerator::bigint, i.denominator::bigint,
			i.value::numeric, i.suppressed::boolean, i.source, m ->> 'sha256'
		FROM staging.indicator i;
	PERFORM releve.note_loaded('indicators', m);
END
$$;

-- ---- Views ----

-- Over all teams: sums of numerators and denominators, of rows with one version; how many teams they are of, and how many were suppressed, which
-- the sums do not hold.
CREATE OR REPLACE VIEW releve.indicator_all AS
	SELECT period, month, indicator, version, stratum, count(*) FILTER (WHERE NOT suppressed) AS teams, count(*) FILTER (WHERE suppressed) AS suppressed,
		sum(numerator) AS numerator, sum(denominator) AS denominator,
		CASE WHEN sum(denominator) <> 0 THEN round(sum(numerator) / sum(denominator), 4) END AS value
	FROM releve.indicator GROUP BY period, month, indicator, version, stratum;

-- One view per indicator that was loaded: releve.i_activity_visits_home, a row per team, period, month and stratum.
CREATE OR REPLACE FUNCTION releve.make_views() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	id text;
	made integer := 0;
BEGIN
	FOR id IN SELECT DISTINCT indicator FROM releve.indicator LOOP
		EXECUTE format('CREATE OR REPLACE VIEW releve.%I AS SELECT team, period, month, version, stratum, numerator, denominator, value, suppressed
			FROM releve.indicator WHERE indicator = %L', 'i_' || translate(id, '.-', '__'), id);
		made := made + 1;
	END LOOP;
	RETURN made;
END
$$;

CREATE OR REPLACE VIEW releve.visits_by_month AS
	SELECT team, month, count(DISTINCT patient) AS patients, count(*) AS visits, sum(minutes) AS minutes, sum(cents) AS cents FROM releve.visit GROUP BY team, month;
CREATE OR REPLACE VIEW releve.visits_by_group AS
	SELECT age, ald, count(DISTINCT (team, patient)) AS patients, count(*) AS visits, sum(minutes) AS minutes, sum(cents) AS cents FROM releve.visit GROUP BY age, ald;
CREATE OR REPLACE VIEW releve.visits_by_problem AS
	SELECT problem, count(DISTINCT (team, patient)) AS patients, count(*) AS visits, sum(minutes) AS minutes
	FROM releve.visit, unnest(problems) AS problem GROUP BY problem;
CREATE OR REPLACE VIEW releve.totals AS
	SELECT count(DISTINCT team) AS teams, count(DISTINCT (team, patient)) AS patients, count(*) AS visits, sum(minutes) AS minutes, sum(cents) AS cents FROM releve.visit;

-- ---- What the files said, beside what is here: no row means that all is equal ----

CREATE OR REPLACE VIEW releve.differences AS
	SELECT l.team, l.kind, l.rows AS rows_said, s.rows AS rows_here, (l.manifest ->> 'minutes')::numeric AS minutes_said, s.minutes AS minutes_here,
		(l.manifest ->> 'cents')::numeric AS cents_said, s.cents AS cents_here
	FROM releve.loaded l
	LEFT JOIN (SELECT team, 'visits' AS kind, count(*) AS rows, sum(minutes) AS minutes, coalesce(sum(cents), 0) AS cents FROM releve.visit GROUP BY team
		UNION ALL SELECT i.team, 'indicators', count(*), NULL, NULL FROM releve.indicator i JOIN releve.loaded f ON f.kind = 'indicators' AND f.team = i.team
			AND f.manifest ->> 'sha256' = i.file GROUP BY i.team) s ON s.team = l.team AND s.kind = l.kind
	WHERE l.rows <> coalesce(s.rows, 0)
		OR (l.kind = 'visits' AND ((l.manifest ->> 'minutes')::numeric IS DISTINCT FROM s.minutes OR (l.manifest ->> 'cents')::numeric IS DISTINCT FROM s.cents));
