/*
 * node/keyring/body_dict.h - the dictionaries that ship with the program, one per codec byte (README.md, section 2).
 *
 * The bytes are a file of this folder, turned into C by embed.py while building.
 */
#ifndef NODE_KEYRING_BODY_DICT_H
#define NODE_KEYRING_BODY_DICT_H

#include "crdt/base/span.h"

struct span body_dict_v1(void);

#endif
