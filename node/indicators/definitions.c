#include "node/indicators/definitions.h"

#include <string.h>

#define AGE_ALD (INDICATOR_BY_AGE | INDICATOR_BY_ALD)
#define ROW(n, text, of, kind, ...) ROW_OF(1, n, text, of, kind, __VA_ARGS__)
#define ROW_OF(count, n, text, of, kind, ...) \
	{ \
		.number = INDICATOR_##n, .id = text, .version = count, .group = INDICATOR_##of, \
		.form = INDICATOR_##kind, __VA_ARGS__ \
	}
#define BASE(n) .base = INDICATOR_##n
#define UNIT(text) .unit = text
#define READS(text) .reads = text
#define READS_PATIENTS READS("surveyCampaign surveyBatch survey")
#define READS_NURSES READS("surveyCampaign surveyBatch nurseSurvey")
#define NAME(french, english) .name = {french, english}
#define NUMERATOR(french, english) .numerator = {french, english}
#define DENOMINATOR(french, english) .denominator = {french, english}
#define DEFINED(french, english) .definition = {french, english}
#define PEOPLE .class = INDICATOR_PEOPLE
#define MONTHLY .written = INDICATOR_MONTH
#define YEARLY .written = INDICATOR_YEAR
#define MIXED .mixes = AGE_ALD
#define PLAIN .mixes = 0
#define WHOLE .is_whole_shown = true
#define TEAMS .class = INDICATOR_TEAM
#define SEEN .class = INDICATOR_OBSERVED

enum { TABLE_PLACE = 1, TABLE_TREND, TABLE_CATEGORY };

const struct indicator indicators_table[] = {
        ROW(PATIENTS, "activity.patients", ACTIVITY, COUNT, PEOPLE, MONTHLY, MIXED,
                READS("visit visitAmendment patientLink"), NAME("Patients vus", "Patients seen"),
                NUMERATOR("patients", "patients"),
                DEFINED("Patients vus au moins une fois dans la période par une visite qui a eu lieu, "
                        "corrections comprises. "
                        "Les dossiers réunis comptent pour un patient.",
                        "Patients seen at least once in the period by a visit that took place, corrections "
                        "included. "
                        "Files that were joined are one patient.")),
        ROW(PATIENTS_NEW, "activity.patients.new", ACTIVITY, SHARE, PEOPLE, MONTHLY, MIXED, BASE(PATIENTS),
                READS("visit visitAmendment"), NAME("Nouveaux patients", "New patients"),
                NUMERATOR("patients nouveaux", "new patients"), DENOMINATOR("patients vus", "patients seen"),
                DEFINED("Patients vus dont la première visite de toutes est dans la période.",
                        "Patients seen whose very first visit is in the period.")),
        ROW(PATIENTS_CLOSED, "activity.patients.closed", ACTIVITY, SHARE, PEOPLE, MONTHLY, MIXED,
                BASE(PATIENTS), READS("patient visit"),
                NAME("Prises en charge terminées", "Patients whose care ended"),
                NUMERATOR("patients dont la prise en charge est terminée", "patients whose care ended"),
                DENOMINATOR("patients vus", "patients seen"),
                DEFINED("Patients vus dans la période et, dans la même période, archivés ou décédés.",
                        "Patients seen in the period and, in the same period, archived or deceased.")),
        ROW(VISITS, "activity.visits", ACTIVITY, COUNT, PEOPLE, MONTHLY, MIXED, READS("visit visitAmendment"),
                NAME("Visites", "Visits"), NUMERATOR("visites", "visits"),
                DEFINED("Visites qui ont eu lieu, corrections comprises, au jour de leur début sur place. Un "
                        "passage en "
                        "binôme est une visite par infirmière qui l'a saisi.",
                        "Visits that took place, corrections included, by the day of their start at the "
                        "place. A doubled "
                        "visit counts once for each nurse who recorded it.")),
        ROW(MINUTES, "activity.minutes", ACTIVITY, MEAN, PEOPLE, MONTHLY, MIXED, BASE(VISITS), UNIT("min"),
                READS("visit visitAmendment"), NAME("Minutes par visite", "Minutes per visit"),
                NUMERATOR("minutes", "minutes"), DENOMINATOR("visites", "visits"),
                DEFINED("Minutes auprès des patients : début et fin ramenés à leur minute, comme pour la "
                        "facturation.",
                        "Minutes with patients: start and end cut to their minute, as for billing.")),
        ROW(VISITS_HOME, "activity.visits.home", ACTIVITY, SHARE, PEOPLE, MONTHLY, MIXED, BASE(VISITS),
                .table = TABLE_PLACE, READS("visit visitAmendment"),
                NAME("Visites à domicile", "Visits at home"),
                NUMERATOR("visites à domicile", "visits at home"), DENOMINATOR("visites", "visits"),
                DEFINED("Lieu de la visite : domicile.", "Place of the visit: home.")),
        ROW(VISITS_AWAY, "activity.visits.away", ACTIVITY, SHARE, PEOPLE, MONTHLY, MIXED, BASE(VISITS),
                .table = TABLE_PLACE, READS("visit visitAmendment"),
                NAME("Visites hors domicile", "Visits away from home"),
                NUMERATOR("visites hors domicile", "visits away from home"), DENOMINATOR("visites", "visits"),
                DEFINED("Lieu de la visite : autre que le domicile.", "Place of the visit: any but home.")),
        ROW(VISITS_PRACTICE, "activity.visits.practice", ACTIVITY, SHARE, PEOPLE, MONTHLY, MIXED,
                BASE(VISITS_AWAY), READS("visit visitAmendment"),
                NAME("Visites au cabinet", "Visits at the practice"),
                NUMERATOR("visites au cabinet", "visits at the practice"),
                DENOMINATOR("visites hors domicile", "visits away from home"),
                DEFINED("Lieu de la visite : cabinet.", "Place of the visit: the practice.")),
        ROW(VISITS_NIGHT, "activity.visits.night", ACTIVITY, SHARE, PEOPLE, MONTHLY, MIXED, BASE(VISITS),
                READS("visit visitAmendment"), NAME("Visites de nuit", "Visits at night"),
                NUMERATOR("visites de nuit", "visits at night"), DENOMINATOR("visites", "visits"),
                DEFINED("Visites commencées entre 20 h et 6 h, à l'heure du lieu.",
                        "Visits that began between 20:00 and 6:00 by the clock of the place.")),

        ROW(ASSESSED_FIRST, "clinical.assessed-first", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED,
                BASE(PATIENTS_NEW), WHOLE, READS("rating visit"),
                NAME("Évalués à la première visite", "Assessed at the first visit"),
                NUMERATOR("nouveaux patients évalués", "new patients assessed"),
                DENOMINATOR("nouveaux patients", "new patients"),
                DEFINED("Nouveaux patients avec une évaluation C/C/S le jour de leur première visite.",
                        "New patients with a KBS rating on the day of their first visit.")),
        ROW(RATED, "clinical.rated", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED, BASE(PATIENTS), WHOLE,
                READS("rating visit"), NAME("Patients évalués", "Patients rated"),
                NUMERATOR("patients évalués", "patients rated"), DENOMINATOR("patients vus", "patients seen"),
                DEFINED("Patients vus qui ont une évaluation C/C/S au moins, à la fin de la période.",
                        "Patients seen who have at least one KBS rating by the end of the period.")),
        ROW(REASSESSED, "clinical.days-since-rating", CLINICAL, MEAN, PEOPLE, MONTHLY, MIXED, BASE(RATED),
                UNIT("j"), READS("rating"), NAME("Jours depuis l'évaluation", "Days since the last rating"),
                NUMERATOR("jours", "days"), DENOMINATOR("patients évalués", "patients rated"),
                DEFINED("Jours de la dernière évaluation C/C/S au dernier jour de la période.",
                        "Days from the last KBS rating to the last day of the period.")),
        ROW(FOLLOWED, "clinical.problems-followed", CLINICAL, COUNT, PEOPLE, MONTHLY, MIXED,
                READS("rating problem"), NAME("Problèmes suivis", "Problems followed"),
                NUMERATOR("problèmes", "problems"),
                DEFINED("Problèmes évalués deux fois au moins, dont la dernière fois dans la période.",
                        "Problems rated at least twice, the last time within the period.")),
        ROW(KNOWLEDGE, "clinical.delta-knowledge", CLINICAL, MEAN, PEOPLE, MONTHLY, MIXED, BASE(FOLLOWED),
                READS("rating"), NAME("Évolution des connaissances", "Change of knowledge"),
                NUMERATOR("points", "points"), DENOMINATOR("problèmes suivis", "problems followed"),
                DEFINED("Connaissances : dernière évaluation de la période moins la toute première.",
                        "Knowledge: the last rating of the period minus the very first one.")),
        ROW(BEHAVIOUR, "clinical.delta-behaviour", CLINICAL, MEAN, PEOPLE, MONTHLY, MIXED, BASE(FOLLOWED),
                READS("rating"), NAME("Évolution du comportement", "Change of behaviour"),
                NUMERATOR("points", "points"), DENOMINATOR("problèmes suivis", "problems followed"),
                DEFINED("Comportement : dernière évaluation de la période moins la toute première.",
                        "Behaviour: the last rating of the period minus the very first one.")),
        ROW(STATUS, "clinical.delta-status", CLINICAL, MEAN, PEOPLE, MONTHLY, MIXED, BASE(FOLLOWED),
                READS("rating"), NAME("Évolution du statut", "Change of status"),
                NUMERATOR("points", "points"), DENOMINATOR("problèmes suivis", "problems followed"),
                DEFINED("Statut : dernière évaluation de la période moins la toute première.",
                        "Status: the last rating of the period minus the very first one.")),
        ROW(IMPROVED, "clinical.improved", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED, BASE(FOLLOWED),
                .table = TABLE_TREND, READS("rating"), NAME("Problèmes améliorés", "Problems improved"),
                NUMERATOR("problèmes améliorés", "problems improved"),
                DENOMINATOR("problèmes suivis", "problems followed"),
                DEFINED("La somme des trois évolutions C, C, S est positive.",
                        "The three changes K, B, S add up to more than zero.")),
        ROW(STABLE, "clinical.stable", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED, BASE(FOLLOWED),
                .table = TABLE_TREND, READS("rating"), NAME("Problèmes stables", "Problems stable"),
                NUMERATOR("problèmes stables", "problems stable"),
                DENOMINATOR("problèmes suivis", "problems followed"),
                DEFINED("La somme des trois évolutions C, C, S est nulle.",
                        "The three changes K, B, S add up to zero.")),
        ROW(WORSE, "clinical.worse", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED, BASE(FOLLOWED),
                .table = TABLE_TREND, READS("rating"), NAME("Problèmes aggravés", "Problems worse"),
                NUMERATOR("problèmes aggravés", "problems worse"),
                DENOMINATOR("problèmes suivis", "problems followed"),
                DEFINED("La somme des trois évolutions C, C, S est négative.",
                        "The three changes K, B, S add up to less than zero.")),
        ROW(PROBLEM, "clinical.problem", CLINICAL, SHARE, PEOPLE, MONTHLY, BASE(PATIENTS),
                .mixes = INDICATOR_BY_PROBLEM, READS("problem rating visit"),
                NAME("Patients par problème Omaha", "Patients by Omaha problem"),
                NUMERATOR("patients qui ont ce problème", "patients with this problem"),
                DENOMINATOR("patients vus", "patients seen"),
                DEFINED("Patients vus dont ce problème a été évalué avant la fin de la période et, s'il est "
                        "clos, encore dans "
                        "la période ou après. Un patient en a plusieurs.",
                        "Patients seen with this problem rated before the end of the period and, if it is "
                        "closed, "
                        "within it or later. One patient has several.")),
        ROW(INTERVENTIONS, "clinical.interventions", CLINICAL, COUNT, PEOPLE, MONTHLY, MIXED,
                READS("visit visitAmendment intervention"),
                NAME("Interventions réalisées", "Interventions done"),
                NUMERATOR("interventions", "interventions"),
                DEFINED("Interventions du plan de soins cochées dans les visites de la période, de catégorie "
                        "connue.",
                        "Care-plan items ticked in visits of the period, of a category that is known.")),
        ROW(TEACHING, "clinical.teaching", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED, BASE(INTERVENTIONS),
                .table = TABLE_CATEGORY, READS("visit intervention"),
                NAME("Enseignement, conseils", "Teaching, guidance and counselling"),
                NUMERATOR("interventions de cette catégorie", "interventions of this category"),
                DENOMINATOR("interventions", "interventions"),
                DEFINED("Catégorie Omaha de l'intervention réalisée.",
                        "Omaha category of the intervention done.")),
        ROW(TREATMENT, "clinical.treatment", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED, BASE(INTERVENTIONS),
                .table = TABLE_CATEGORY, READS("visit intervention"),
                NAME("Traitements et procédures", "Treatments and procedures"),
                NUMERATOR("interventions de cette catégorie", "interventions of this category"),
                DENOMINATOR("interventions", "interventions"),
                DEFINED("Catégorie Omaha de l'intervention réalisée.",
                        "Omaha category of the intervention done.")),
        ROW(CASE_MANAGEMENT, "clinical.case-management", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED,
                BASE(INTERVENTIONS), .table = TABLE_CATEGORY, READS("visit intervention"),
                NAME("Gestion de cas", "Case management"),
                NUMERATOR("interventions de cette catégorie", "interventions of this category"),
                DENOMINATOR("interventions", "interventions"),
                DEFINED("Catégorie Omaha de l'intervention réalisée.",
                        "Omaha category of the intervention done.")),
        ROW(SURVEILLANCE, "clinical.surveillance", CLINICAL, SHARE, PEOPLE, MONTHLY, MIXED,
                BASE(INTERVENTIONS), .table = TABLE_CATEGORY, READS("visit intervention"),
                NAME("Surveillance", "Surveillance"),
                NUMERATOR("interventions de cette catégorie", "interventions of this category"),
                DENOMINATOR("interventions", "interventions"),
                DEFINED("Catégorie Omaha de l'intervention réalisée.",
                        "Omaha category of the intervention done.")),

        ROW(NURSES_PER_PATIENT, "continuity.nurses", CONTINUITY, MEAN, PEOPLE, MONTHLY, MIXED, BASE(PATIENTS),
                READS("visit visitAmendment"), NAME("Infirmières par patient", "Nurses per patient"),
                NUMERATOR("infirmières", "nurses"), DENOMINATOR("patients vus", "patients seen"),
                DEFINED("Infirmières différentes qu'un patient a vues dans la période.",
                        "Different nurses whom a patient saw in the period.")),
        ROW(WITH_REFERENT, "continuity.referent", CONTINUITY, SHARE, PEOPLE, MONTHLY, MIXED, BASE(PATIENTS),
                WHOLE, READS("patient visit"), NAME("Patients avec référente", "Patients with a référent"),
                NUMERATOR("patients avec référente", "patients with a référent"),
                DENOMINATOR("patients vus", "patients seen"),
                DEFINED("Patients vus qui ont une infirmière référente, telle que le dossier la nomme à "
                        "présent.",
                        "Patients seen who have a référent nurse, as the file names her now.")),
        ROW(BY_REFERENT, "continuity.visits-by-referent", CONTINUITY, SHARE, PEOPLE, MONTHLY, MIXED,
                BASE(VISITS), READS("patient visit"),
                NAME("Visites par la référente", "Visits by the référent"),
                NUMERATOR("visites par la référente", "visits by the référent"),
                DENOMINATOR("visites", "visits"),
                DEFINED("Visites faites par l'infirmière référente du patient, telle que le dossier la nomme "
                        "à présent.",
                        "Visits by the patient's référent nurse, as the file names her now.")),
        ROW(PLANNED, "continuity.planned", CONTINUITY, COUNT, PEOPLE, MONTHLY, MIXED, READS("plannedVisit"),
                NAME("Passages prévus", "Planned visits"), NUMERATOR("passages prévus", "planned visits"),
                DEFINED("Passages prévus écrits dans la tournée, au jour prévu, sans ceux qui furent "
                        "annulés.",
                        "Planned visits that were written into a round, by their day, without those "
                        "cancelled.")),
        ROW(UNCLAIMED, "continuity.unclaimed", CONTINUITY, SHARE, PEOPLE, MONTHLY, MIXED, BASE(PLANNED),
                READS("plannedVisit"), NAME("Passages à personne", "Unclaimed visits"),
                NUMERATOR("passages à personne", "planned visits that nobody claimed"),
                DENOMINATOR("passages prévus", "planned visits"),
                DEFINED("Passages prévus sans infirmière.", "Planned visits without a nurse.")),
        ROW(TRANSMISSIONS, "continuity.transmissions", CONTINUITY, COUNT, PEOPLE, MONTHLY, MIXED,
                READS("transmission"), NAME("Transmissions", "Transmissions"),
                NUMERATOR("transmissions", "transmissions"),
                DEFINED("Transmissions ciblées de la période, sans celles qui furent corrigées.",
                        "Transmissions of the period, without those corrected.")),
        ROW(UNREAD, "continuity.unread-24h", CONTINUITY, SHARE, PEOPLE, MONTHLY, MIXED, BASE(TRANSMISSIONS),
                READS("transmission reading reply"), NAME("Non lues après 24 h", "Unread after 24 h"),
                NUMERATOR("transmissions non lues", "transmissions unread"),
                DENOMINATOR("transmissions", "transmissions"),
                DEFINED("Transmissions qu'aucune autre personne n'a lues dans les 24 h, par les horloges des "
                        "appareils.",
                        "Transmissions that no other person read within 24 h, by the devices' clocks.")),

        ROW(HOSPITALIZATIONS, "outcomes.hospitalizations", OUTCOMES, COUNT, PEOPLE, MIXED, YEARLY,
                READS("outcome"), NAME("Hospitalisations", "Hospitalizations"),
                NUMERATOR("hospitalisations", "hospitalizations"),
                DEFINED("Événements « hospitalisation » au jour de l'entrée.",
                        "Events \"hospitalization\", by the day of admission.")),
        ROW(EMERGENCIES, "outcomes.emergencies", OUTCOMES, COUNT, PEOPLE, MIXED, YEARLY, READS("outcome"),
                NAME("Passages aux urgences", "Emergency visits"), NUMERATOR("passages", "visits"),
                DEFINED("Événements « passage aux urgences ».", "Events \"emergency\".")),
        ROW(FALLS, "outcomes.falls", OUTCOMES, COUNT, PEOPLE, MIXED, YEARLY, READS("outcome"),
                NAME("Chutes", "Falls"), NUMERATOR("chutes", "falls"),
                DEFINED("Événements « chute ».", "Events \"fall\".")),
        ROW(WOUNDS_HEALED, "outcomes.wounds-healed", OUTCOMES, COUNT, PEOPLE, MIXED, YEARLY,
                READS("outcome wound"), NAME("Plaies cicatrisées", "Wounds healed"),
                NUMERATOR("plaies", "wounds"),
                DEFINED("Plaies cicatrisées : au jour de l'événement, sinon au jour où la plaie fut notée "
                        "cicatrisée.",
                        "Wounds healed: by the day of the event, else by the day on which the wound was "
                        "noted as healed.")),
        ROW(DEATHS, "outcomes.deaths", OUTCOMES, COUNT, PEOPLE, MIXED, YEARLY, READS("outcome patient"),
                NAME("Décès", "Deaths"), NUMERATOR("décès", "deaths"),
                DEFINED("Patients décédés : jour du dossier, sinon de l'événement.",
                        "Patients who died: the day of the file, else of the event.")),
        ROW(DEATHS_HOME, "outcomes.deaths-home", OUTCOMES, SHARE, PEOPLE, MIXED, BASE(DEATHS), YEARLY,
                READS("outcome patient"), NAME("Décès à domicile", "Deaths at home"),
                NUMERATOR("décès à domicile", "deaths at home"), DENOMINATOR("décès", "deaths"),
                DEFINED("Décès dont l'événement dit qu'il eut lieu à domicile.",
                        "Deaths of which the event says that they took place at home.")),

        ROW(CONTACTS, "coordination.contacts", COORDINATION, COUNT, PEOPLE, MONTHLY, MIXED, READS("contact"),
                NAME("Contacts", "Contacts"), NUMERATOR("contacts", "contacts"),
                DEFINED("Contacts avec des partenaires, dans les deux sens, sans ceux saisis par erreur.",
                        "Contacts with partners, either way, without those entered by mistake.")),
        ROW(CONTACTS_DOCTOR, "coordination.doctor", COORDINATION, SHARE, PEOPLE, MONTHLY, MIXED,
                BASE(CONTACTS), READS("contact partner patient"),
                NAME("Contacts avec un médecin", "Contacts with a doctor"),
                NUMERATOR("contacts avec un médecin", "contacts with a doctor"),
                DENOMINATOR("contacts", "contacts"),
                DEFINED("Le partenaire du dossier est médecin, ou l'interlocuteur est le médecin traitant "
                        "par son nom.",
                        "The dossier's partner is a doctor, or the one spoken to is the general practitioner "
                        "by name.")),
        ROW(LETTERS, "coordination.letters", COORDINATION, SHARE, PEOPLE, MONTHLY, MIXED, BASE(CONTACTS),
                READS("contact"), NAME("Courriers", "Letters"),
                NUMERATOR("courriers et messages sécurisés", "letters and secure messages"),
                DENOMINATOR("contacts", "contacts"),
                DEFINED("Contacts par courrier, MSSanté ou DMP.", "Contacts by letter, MSSanté or DMP.")),

        ROW(BILLED, "economic.billed", ECONOMIC, SHARE, PEOPLE, MONTHLY, MIXED, BASE(VISITS), WHOLE,
                READS("visit lot"), NAME("Visites facturées", "Visits billed"),
                NUMERATOR("visites facturées", "visits billed"), DENOMINATOR("visites", "visits"),
                DEFINED("Visites de la période que les lots clos facturent, avoirs déduits.",
                        "Visits of the period that closed lots bill, less credits.")),
        ROW(CENTS, "economic.cents", ECONOMIC, MEAN, PEOPLE, MONTHLY,
                .mixes = AGE_ALD | INDICATOR_BY_TERRITORY, BASE(BILLED), UNIT("c"), READS("lot"),
                NAME("Centimes par visite facturée", "Cents per visit billed"),
                NUMERATOR("centimes", "cents"), DENOMINATOR("visites facturées", "visits billed"),
                DEFINED("Montants des lots pour la période, avoirs déduits, en centimes d'euro.",
                        "Amounts of the lots for the period, less credits, in euro cents.")),
        ROW(AMO, "economic.amo-share", ECONOMIC, RATIO, PEOPLE, MONTHLY, BASE(CENTS),
                .beside = INDICATOR_BILLED, .mixes = INDICATOR_BY_TERRITORY, READS("lot"),
                NAME("Part AMO", "AMO share"), NUMERATOR("centimes AMO", "AMO cents"),
                DENOMINATOR("centimes", "cents"),
                DEFINED("Part de l'assurance maladie obligatoire ; le reste est la part AMC.",
                        "The compulsory insurance's share; the rest is the complementary one's.")),
        ROW(PATIENT_TIME, "economic.patient-time", ECONOMIC, RATIO, PEOPLE, MONTHLY, BASE(MINUTES), PLAIN,
                READS("visit timeEntry"),
                NAME("Part du temps auprès des patients", "Share of time with patients"),
                NUMERATOR("minutes auprès des patients", "minutes with patients"),
                DENOMINATOR("minutes de travail", "minutes of work"),
                DEFINED("Minutes des visites, sur celles-ci et tout autre temps saisi (trajet, coordination, "
                        "formation, "
                        "administration, réunion, facilitation). Repère : 62,5 %.",
                        "Minutes of visits, of these and all other time recorded (travel, coordination, "
                        "training, "
                        "administration, meeting, facilitation). Reference: 62.5 %.")),
        ROW(CREDITS, "economic.credits", ECONOMIC, COUNT, PEOPLE, MIXED, YEARLY, READS("lot"),
                NAME("Avoirs", "Credits"), NUMERATOR("lignes d'avoir", "credit lines"),
                DEFINED("Lignes d'avoir des lots, au mois du lot.",
                        "Credit lines of lots, by the lot's month.")),
        ROW(REJECTS, "economic.rejects", ECONOMIC, COUNT, PEOPLE, MIXED, YEARLY, READS("reject"),
                NAME("Rejets", "Rejects"), NUMERATOR("rejets", "rejects"),
                DEFINED("Rejets de l'assurance maladie, au jour de leur arrivée.",
                        "Rejects by the insurer, by the day they came.")),
        ROW(MINUTES_BILLED, "economic.minutes", ECONOMIC, MEAN, PEOPLE, MONTHLY,
                .mixes = AGE_ALD | INDICATOR_BY_TERRITORY, BASE(BILLED), UNIT("min"), READS("lot"),
                NAME("Minutes par visite facturée", "Minutes per visit billed"),
                NUMERATOR("minutes", "minutes"), DENOMINATOR("visites facturées", "visits billed"),
                DEFINED("Minutes que les lots facturent pour la période, avoirs déduits.",
                        "Minutes that lots bill for the period, less credits.")),

        ROW(SHARING_DAYS, "practice.days-since-sharing", PRACTICE, COUNT, TEAMS, UNIT("j"),
                READS("practiceEvent"),
                NAME("Jours depuis le dernier partage", "Days since the last sharing"),
                NUMERATOR("jours", "days"),
                DEFINED("Jours du dernier partage de pratiques au dernier jour de la période ; vide s'il n'y "
                        "en eut aucun. Repère : 14 "
                        "au plus.",
                        "Days from the last sharing of practice to the last day of the period; none where "
                        "there was no sharing. "
                        "Reference: at most 14.")),
        ROW(SHARINGS, "practice.sharings", PRACTICE, COUNT, TEAMS, READS("practiceEvent"),
                NAME("Partages de pratiques", "Sharings of practice"), NUMERATOR("partages", "sharings"),
                DEFINED("Partages de pratiques de la période.", "Sharings of practice in the period.")),
        ROW(FACILITATION, "practice.facilitation", PRACTICE, MEAN, TEAMS, UNIT("min"), READS("practiceEvent"),
                NAME("Facilitation par semaine", "Facilitation per week"),
                NUMERATOR("minutes × 7", "minutes × 7"), DENOMINATOR("jours", "days"),
                DEFINED("Minutes de facilitation par semaine de la période. Repère : 120.",
                        "Minutes of facilitation per week of the period. Reference: 120.")),
        ROW(TRAINING, "practice.training", PRACTICE, COUNT, TEAMS, UNIT("min"), READS("practiceEvent"),
                NAME("Formation", "Training"), NUMERATOR("minutes × présents", "minutes × attendees"),
                DEFINED("Minutes de formation, fois les présents.",
                        "Minutes of training, times those present.")),
        ROW(PEER_VISITS, "practice.peer-visits", PRACTICE, COUNT, TEAMS, READS("practiceEvent"),
                NAME("Visites de pairs", "Peers' visits"), NUMERATOR("visites", "visits"),
                DEFINED("Visites de terrain d'un pair. Repère : 1 par an.",
                        "A peer's field visits. Reference: 1 a year.")),
        ROW(INTER_TEAMS, "practice.inter-team", PRACTICE, COUNT, TEAMS, READS("practiceEvent"),
                NAME("Rencontres inter-équipes", "Inter-team meetings"), NUMERATOR("rencontres", "meetings"),
                DEFINED("Rencontres entre équipes. Repère : 2 par an.",
                        "Meetings between teams. Reference: 2 a year.")),
        ROW(NURSES, "practice.nurses", PRACTICE, COUNT, TEAMS, READS("visit"),
                NAME("Infirmières en activité", "Nurses at work"), NUMERATOR("infirmières", "nurses"),
                DEFINED("Infirmières qui ont fait une visite au moins dans la période.",
                        "Nurses who made at least one visit in the period.")),

        /* Of campaigns there are sums alone: no person, so no age and no illness (node/survey/README.md, section 1). */
        ROW_OF(2, NURSE_ANSWERS, "experience.nurse-answers", EXPERIENCE, COUNT, PEOPLE, YEARLY, PLAIN,
                READS_NURSES, NAME("Réponses des infirmières", "Nurses' answers"),
                NUMERATOR("réponses", "answers"),
                DEFINED("Formulaires des campagnes pour infirmières dont le dernier jour annoncé est dans la "
                        "période ; des anciens questionnaires de la période, ceux qui notent vie et "
                        "conditions de travail.",
                        "Forms of campaigns for nurses whose last day, as announced, is in the period; of "
                        "former questionnaires of the period those that mark both working life and "
                        "conditions.")),
        ROW(MARKED_WORK_LIFE, "experience.work-life-answered", EXPERIENCE, SHARE, PEOPLE, BASE(NURSE_ANSWERS),
                YEARLY, PLAIN, WHOLE, READS_NURSES,
                NAME("Ont noté leur vie au travail", "Marked their working life"),
                NUMERATOR("réponses", "answers"), DENOMINATOR("questionnaires", "questionnaires"),
                DEFINED("Questionnaires qui répondent à cette question.",
                        "Questionnaires that answer this question.")),
        ROW(MARKED_CONDITIONS, "experience.conditions-answered", EXPERIENCE, SHARE, PEOPLE,
                BASE(NURSE_ANSWERS), YEARLY, PLAIN, WHOLE, READS_NURSES,
                NAME("Ont noté leurs conditions de travail", "Marked their working conditions"),
                NUMERATOR("réponses", "answers"), DENOMINATOR("questionnaires", "questionnaires"),
                DEFINED("Questionnaires qui répondent à cette question.",
                        "Questionnaires that answer this question.")),
        ROW_OF(2, ANSWERS, "experience.answers", EXPERIENCE, COUNT, PEOPLE, PLAIN, YEARLY, READS_PATIENTS,
                NAME("Réponses des patients et aidants", "Patients' and carers' answers"),
                NUMERATOR("réponses", "answers"),
                DEFINED("Formulaires des campagnes pour patients et aidants dont le dernier jour annoncé est "
                        "dans la période, et anciens questionnaires de la période. Une somme n'est de "
                        "personne : ni âge, ni ALD.",
                        "Forms of campaigns for patients and carers whose last day, as announced, is in the "
                        "period, and former questionnaires of the period. A sum is nobody's: it has no age "
                        "and no long-term illness.")),
        ROW_OF(2, RATED_CARE, "experience.satisfaction-answered", EXPERIENCE, SHARE, PEOPLE, PLAIN,
                BASE(ANSWERS), YEARLY, WHOLE, READS_PATIENTS,
                NAME("Ont noté leur satisfaction", "Gave a mark"), NUMERATOR("réponses", "answers"),
                DENOMINATOR("questionnaires", "questionnaires"),
                DEFINED("Questionnaires avec une note de satisfaction.",
                        "Questionnaires with a mark of satisfaction.")),
        ROW_OF(2, SATISFACTION, "experience.satisfaction", EXPERIENCE, MEAN, PEOPLE, PLAIN, BASE(RATED_CARE),
                YEARLY, UNIT("/10"), READS_PATIENTS, NAME("Satisfaction", "Satisfaction"),
                NUMERATOR("points", "points"), DENOMINATOR("réponses", "answers"),
                DEFINED("Note de satisfaction, de 0 à 10.", "Mark of satisfaction, 0 to 10.")),
        ROW_OF(2, SAID_RECOMMENDS, "experience.recommends-answered", EXPERIENCE, SHARE, PEOPLE, PLAIN,
                BASE(ANSWERS), YEARLY, WHOLE, READS_PATIENTS,
                NAME("Ont dit s'ils recommandent", "Said whether they recommend"),
                NUMERATOR("réponses", "answers"), DENOMINATOR("questionnaires", "questionnaires"),
                DEFINED("Questionnaires qui répondent à cette question.",
                        "Questionnaires that answer this question.")),
        ROW_OF(2, RECOMMENDS, "experience.recommends", EXPERIENCE, SHARE, PEOPLE, PLAIN,
                BASE(SAID_RECOMMENDS), YEARLY, WHOLE, READS_PATIENTS,
                NAME("Recommanderaient l'équipe", "Would recommend the team"), NUMERATOR("oui", "yes"),
                DENOMINATOR("réponses", "answers"),
                DEFINED("Recommanderait l'équipe.", "Would recommend the team.")),
        ROW_OF(2, SAID_AUTONOMOUS, "experience.autonomy-answered", EXPERIENCE, SHARE, PEOPLE, PLAIN,
                BASE(ANSWERS), YEARLY, WHOLE, READS_PATIENTS,
                NAME("Ont dit s'ils sont plus autonomes", "Said whether more autonomous"),
                NUMERATOR("réponses", "answers"), DENOMINATOR("questionnaires", "questionnaires"),
                DEFINED("Questionnaires qui répondent à cette question.",
                        "Questionnaires that answer this question.")),
        ROW_OF(2, AUTONOMOUS, "experience.autonomy", EXPERIENCE, SHARE, PEOPLE, PLAIN, BASE(SAID_AUTONOMOUS),
                YEARLY, WHOLE, READS_PATIENTS, NAME("Plus autonomes qu'avant", "More autonomous than before"),
                NUMERATOR("oui", "yes"), DENOMINATOR("réponses", "answers"),
                DEFINED("Plus autonome qu'avant.", "More autonomous than before.")),
        ROW_OF(2, WORK_LIFE, "experience.work-life", EXPERIENCE, MEAN, PEOPLE, BASE(MARKED_WORK_LIFE), YEARLY,
                PLAIN, UNIT("/10"), READS_NURSES, NAME("Vie au travail", "Working life"),
                NUMERATOR("points", "points"), DENOMINATOR("réponses", "answers"),
                DEFINED("Note de 0 à 10.", "Mark, 0 to 10.")),
        ROW_OF(2, CONDITIONS, "experience.conditions", EXPERIENCE, MEAN, PEOPLE, BASE(MARKED_CONDITIONS),
                YEARLY, PLAIN, UNIT("/10"), READS_NURSES, NAME("Conditions de travail", "Working conditions"),
                NUMERATOR("points", "points"), DENOMINATOR("réponses", "answers"),
                DEFINED("Note de 0 à 10.", "Mark, 0 to 10.")),

        ROW(OLDEST_DATA, "sync.oldest-data", SYNCHRONIZATION, COUNT, SEEN, UNIT("h"), READS(""),
                NAME("Âge des données les plus anciennes", "Age of the oldest data"),
                NUMERATOR("heures", "hours"),
                DEFINED("De tous les autres appareils de soins, celui dont les données manquent depuis le "
                        "plus longtemps à "
                        "l'appareil qui écrit, quand il écrit.",
                        "Of all other devices for care, since how long data of the one farthest behind are "
                        "lacking at the device "
                        "that writes, when it writes.")),
        ROW(CONFLICTS, "sync.conflicts", SYNCHRONIZATION, COUNT, SEEN, READS("*"),
                NAME("Conflits ouverts", "Open conflicts"), NUMERATOR("dossiers", "files"),
                DEFINED("Dossiers où deux valeurs d'un champ de sécurité attendent une décision, quand "
                        "l'appareil écrit.",
                        "Files in which two values of a safety field wait for a decision, when the device "
                        "writes.")),
        ROW(ONLY_HERE, "sync.only-here", SYNCHRONIZATION, COUNT, SEEN, READS("*"),
                NAME("Enregistrements sur un seul appareil", "Records on one device only"),
                NUMERATOR("enregistrements", "records"),
                DEFINED("Enregistrements qu'aucun autre appareil n'a confirmés, quand l'appareil écrit.",
                        "Records that no other device acknowledged, when the device writes.")),
        ROW(DEVICES, "sync.devices", SYNCHRONIZATION, COUNT, SEEN, READS(""), NAME("Appareils", "Devices"),
                NUMERATOR("appareils", "devices"),
                DEFINED("Appareils de soins de l'équipe, quand l'appareil écrit.",
                        "The team's devices for care, when the device writes.")),
};
const uint32_t indicators_count = sizeof(indicators_table) / sizeof(*indicators_table);

const struct indicator *indicator_numbered(uint32_t number)
{
	for (uint32_t i = 0; i < indicators_count; i++)
		if (indicators_table[i].number == number)
			return &indicators_table[i];
	return NULL;
}

const struct indicator *indicator_named(const char *id)
{
	for (uint32_t i = 0; i < indicators_count; i++)
		if (strcmp(indicators_table[i].id, id) == 0)
			return &indicators_table[i];
	return NULL;
}

const char *indicator_group_name(enum indicator_group group)
{
	static const char *const names[INDICATOR_GROUPS] = {NULL, "activity", "clinical", "continuity",
	        "outcomes", "coordination", "economic", "practice", "experience", "synchronization"};
	return names[group];
}

bool indicator_is_written(const struct indicator *indicator, uint32_t months)
{
	if (indicator->class == INDICATOR_PEOPLE)
		return indicator->written == months;
	return months == INDICATOR_MONTH || (indicator->class == INDICATOR_TEAM && months == INDICATOR_YEAR);
}
