/*
 * node/node_links.h - whose word a decision about two files is (node/patient/README.md, "Who joins").
 *
 * A decision is a nurse's when the membership that its entry cites says that its author reads every dossier, and no change of role that it does not know made her a
 * locum before it (outside of the change's cut: an old program, an old copy). The same at every device that holds the entry and the same membership. Whoever is given chosen dossiers (a locum) proposes. Threads: one.
 */
#ifndef NODE_NODE_LINKS_H
#define NODE_NODE_LINKS_H

#include "node/node.h"
#include "node/patient/part.h"

/* Who wrote an entry that decides about two files: a nurse, as far as the membership is known. */
struct node_link_author {
	uint32_t feed;
	uint64_t seq;
	bool is_nurse;
};

/* At that state of the team: it writes and reads every dossier. Not a locum's device, which is given chosen ones. */
bool node_reads_all(const struct team_view *view, const struct device_id *device);

/* Say of each link whether it is proposed. One whose entry is not in the log, but in an early copy, is: it counts once the log came. */
void node_links_judge(struct node *node, struct patient_links *links);

/* The node is closed, or read again; the membership moved. */
void node_links_forget(struct node *node);

#endif
