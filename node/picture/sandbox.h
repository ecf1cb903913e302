/*
 * node/picture/sandbox.h - a process gives up everything but its memory and the two ends that it reads from and writes to.
 */
#ifndef NODE_PICTURE_SANDBOX_H
#define NODE_PICTURE_SANDBOX_H

/* For good, at the start: descriptors but 0, 1 and 2 are closed; memory, time and core files are bounded; every system call but those of a computation ends
 * the process (opening a file fails instead). Negative: it could not be confined, and must not look at anything. */
int picture_confine(void);

#endif
