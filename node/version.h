/*
 * node/version.h - which version of the program this is, as meson.build names it: "0.1.0".
 */
#ifndef NODE_VERSION_H
#define NODE_VERSION_H

extern const char releve_version[];

#endif
