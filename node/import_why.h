/*
 * node/import_why.h - why a line of an import is refused. For import.c.
 */
#ifndef NODE_IMPORT_WHY_H
#define NODE_IMPORT_WHY_H

#include "node/schema/check.h"

/* name, French, English */
#define WHY_TABLE(X) \
	X(SYNTAX, "ce n'est pas du JSON", "this is not JSON") \
	X(ENDS, "la ligne est coupée", "the line is cut off") \
	X(UTF8, "un texte n'est pas en UTF-8 valable", "a text is not valid UTF-8") \
	X(TYPE, "la valeur n'est pas du type attendu", "the value is not of the expected type") \
	X(NUMBER, "le nombre est hors limites", "the number is out of bounds") \
	X(EXTRA, "il y a du texte après la fin", "there is text after the end") \
	X(NO_TYPE, "la ligne ne commence pas par « t »", "the line does not begin with “t”") \
	X(UNKNOWN_TYPE, "ce type de ligne n'est pas connu", "this type of line is not known") \
	X(UNKNOWN_KEY, "un champ n'est pas connu", "a field is not known") \
	X(TWICE, "un champ est donné deux fois", "a field is given twice") \
	X(MISSING, "ce champ manque", "this field is missing") \
	X(ID, "ce n'est pas un identifiant", "this is not an identifier") \
	X(WORD, "ce mot n'est pas un des choix", "this word is not one of the choices") \
	X(MANY, "il y a trop d'éléments", "there are too many items") \
	X(DATE, "ce n'est pas une date", "this is not a date") \
	X(LONG, "la ligne est trop longue", "the line is too long") \
	X(FIELD, "ce champ ne peut pas être modifié ainsi", "this field cannot be edited in this way")

enum import_why {
	WHY_NONE, /* then those of json_line.h, in its order */
#define WHY_ENUM(name, fr, en) WHY_##name,
	WHY_TABLE(WHY_ENUM)
#undef WHY_ENUM
	        WHY_PROBLEM, /* of schema_check() */
};

/* For people, without the key that it concerns. Empty for WHY_NONE and WHY_PROBLEM. */
const char *import_why_text(enum import_why why, enum schema_language language);

#endif
