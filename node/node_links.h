/*
 * node/node_links.h - whose word a decision about two files is (node/patient/README.md, "Who joins").
 *
 * A decision is a nurse's when the membership that its entry cites says that its author reads every dossier: a question with one answer for ever, at every device
 * that holds the entry. Whoever is given chosen dossiers (a locum) proposes. Threads: one.
 */
#ifndef NODE_NODE_LINKS_H
#define NODE_NODE_LINKS_H

#include "node/node.h"
#include "node/patient/part.h"

/* Who wrote an entry that decides about two files: a nurse, by the membership that it cites. */
struct node_link_author {
	uint32_t feed;
	uint64_t seq;
	bool is_nurse;
};

/* At that state of the team: it writes and reads every dossier. Not a locum's device, which is given chosen ones. */
bool node_reads_all(const struct team_view *view, const struct device_id *device);

/* Say of each link whether it is proposed. One whose entry is not in the log, but in an early copy, is: it counts once the log came. */
void node_links_judge(struct node *node, struct patient_links *links);

/* node_erase.c: the node is closed, or read again. */
void node_links_forget(struct node *node);

#endif
