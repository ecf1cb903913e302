/* The word lists of the generated teams: ordered from common to rare, because zipf draws favour the head of a list.
 * Repeated words are meant: they weigh in a plain draw. Everybody here is fictive. */
#include "tools/gen_vocab.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define LIST(list) \
	{ \
		list, COUNT(list) \
	}

/* clang-format off */
static const char *const last_names[] = {
	"Martin", "Bernard", "Le Gall", "Thomas", "Petit", "Robert", "Durand", "Le Goff", "Moreau",
	"Simon", "Laurent", "Michel", "Garcia", "Leroy", "Roux", "Guillou", "Fournier", "Morvan", "Girard",
	"Bonnet", "Rousseau", "Lambert", "Fontaine", "Hervé", "Prigent", "Blanchard", "Tanguy", "Gauthier",
	"Chevalier", "Le Corre", "Perrin", "Faure", "Mercier", "Guérin", "Boyer", "Garnier", "Legrand",
	"Jézéquel", "Barbier", "Perrot", "Renaud", "Quéméner", "Lemoine", "Carré", "Nguyen", "Aubert",
	"Rivière", "Salaün", "Brunet", "Ferreira", "Benali", "Collet", "Lopes", "Kerbrat", "Maillard",
	"Marchand", "Diallo", "Le Floch", "Poirier", "Cariou", "Vasseur", "Rolland", "Da Silva", "Caradec",
	"Hamon", "Pichon", "Riou", "Haddad", "Bescond", "Cloarec",
};
static const char *const female_names[] = {
	"Marie", "Jeanne", "Yvonne", "Monique", "Denise", "Françoise", "Jacqueline", "Simone", "Odette",
	"Suzanne", "Madeleine", "Annick", "Thérèse", "Paulette", "Ginette", "Nicole", "Lucienne",
	"Huguette", "Soizic", "Andrée", "Marcelle", "Josiane", "Fatima", "Claudine", "Bernadette",
	"Solange", "Colette", "Arlette", "Gwenola", "Mireille", "Rolande", "Noëlle",
};
static const char *const male_names[] = {
	"Jean", "Michel", "André", "Pierre", "Yves", "Marcel", "René", "Roger", "Louis", "Claude",
	"Jacques", "Robert", "Henri", "Bernard", "Daniel", "Georges", "Joseph", "Alain", "Guy", "Raymond",
	"Loïc", "Christian", "Émile", "Maurice", "Gérard", "Fernand", "Hervé", "Mohamed", "Lucien",
	"Gilbert", "Ronan", "Serge",
};
static const char *const towns[] = {
	"Rennes", "Vitré", "Fougères", "Redon", "Saint-Malo", "Bruz", "Cesson-Sévigné", "Dinan",
	"Ploërmel", "Châteaubriant", "Guichen", "Janzé", "Combourg", "Montfort-sur-Meu",
	"La Guerche-de-Bretagne", "Bain-de-Bretagne", "Liffré", "Betton", "Pacé", "Mordelles",
	"Saint-Aubin-du-Cormier", "Tinténiac", "Retiers", "Pipriac", "Maure-de-Bretagne",
};
static const char *const ways[] = {
	"rue", "rue", "rue", "avenue", "impasse", "place", "allée", "chemin", "boulevard", "lieu-dit",
};
static const char *const streets[] = {
	"de la Gare", "de l'Église", "Victor-Hugo", "du Moulin", "des Lilas", "de Bretagne", "Pasteur",
	"Jean-Jaurès", "du Stade", "des Écoles", "de la Liberté", "du Général-de-Gaulle", "des Ajoncs",
	"de la Fontaine", "Anne-de-Bretagne", "de la Mairie", "des Camélias", "de Nantes", "du Verger",
	"des Tilleuls", "du Bourg", "de la Lande", "Saint-Michel", "des Hortensias", "de la Vilaine",
	"du Champ-Dolent", "des Chênes",
};
static const char *const relations[] = {
	"fille", "fils", "conjoint", "conjointe", "voisine", "nièce", "frère", "sœur", "tutrice",
};
static const char *const insurers[] = {
	"CPAM Ille-et-Vilaine", "MSA Portes de Bretagne", "MGEN", "Harmonie Mutuelle", "CAMIEG", "ENIM",
	"Malakoff Humanis", "AG2R La Mondiale", "Groupama",
};
static const char *const allergies[] = {
	"pénicilline", "iode", "sparadrap", "latex", "aspirine", "sulfamides", "codéine",
	"amoxicilline, arachide",
};
static const char *const homes[] = {
	"seul(e)", "en couple", "chez sa fille", "résidence autonomie", "avec son fils",
	"seul(e), aide à domicile 3x/sem",
};
static const char *const key_places[] = {
	"boîte à clés", "sonner", "clé chez la voisine", "porte ouverte le matin", "clé au cabinet",
	"gardien",
};
static const char *const histories[] = {
	"HTA", "diabète type 2", "insuffisance cardiaque", "BPCO", "AVC 2016", "PTH droite",
	"fibrillation auriculaire", "insuffisance rénale chronique", "maladie d'Alzheimer",
	"maladie de Parkinson", "AOMI", "ulcère veineux", "cancer du sein opéré", "cancer colique, stomie",
	"syndrome dépressif", "dénutrition", "arthrose", "cataracte opérée", "chutes à répétition",
	"escarre sacrée",
};
static const char *const domains[] = {
	"environnemental", "psychosocial", "physiologique", "comportements de santé",
};
static const char *const signs[] = {
	"plaie", "œdème", "dyspnée d'effort", "rougeur", "douleur à la mobilisation", "marche instable",
	"isolement", "oublis fréquents", "perte d'appétit", "glycémies instables", "TA élevée",
	"fuites urinaires", "constipation", "ne suit pas la posologie", "fatigue", "désorientation",
	"peau sèche", "sommeil fragmenté", "aidant épuisé", "logement encombré",
};
static const char *const categories[] = {
	"enseignement, conseils", "traitements et procédures", "gestion de cas", "surveillance",
};
static const char *const targets[] = {
	"soins de plaie / pansement", "administration médicamenteuse", "préparation du pilulier",
	"surveillance des signes physiques", "prélèvement sanguin", "soins de stomie", "sonde / cathéter",
	"hygiène personnelle", "injection", "mobilité / transferts", "exercices", "nutrition",
	"hydratation", "prévention des chutes", "soutien psychologique", "aidant / répit",
	"coordination médecin", "aide à domicile", "matériel médical", "éducation diabète",
	"gestion de la douleur", "soins des pieds", "anticoagulants", "oxygénothérapie",
	"compression veineuse",
};
static const char *const rhythms[] = {
	"1x/j", "2x/j", "3x/sem", "1x/sem", "tous les 2 jours", "matin et soir", "si besoin",
	"selon protocole", "selon prescription", "à chaque passage",
};
static const char *const places[] = {
	"domicile", "domicile", "cabinet", "résidence autonomie", "chez la fille", "EHPAD",
	"téléconsultation",
};
static const char *const sentences[] = {
	"RAS", "patient(e) {state}, {act} effectuée sans difficulté", "{act} ce matin, {act} ensuite",
	"pansement {site} refait : plaie {aspect}, {product}", "TA {ta}, {pb} {evo}",
	"{drug} {dose} donné à {h}", "{pb} au niveau {site}, {evo}",
	"glycémie 1,{n} g/l, {drug} {dose} UI fait", "Mme/M. {name} {state}, {sleep}", "{food}, {sleep}",
	"vu avec {who} : {do}",
	"plaie {site} {aspect}, mesure {n} x {n} mm, nettoyage au sérum phy puis {product}", "{do}",
	"bas de contention mis à {h}, {pb} {site} {evo}",
	"pilulier préparé pour la semaine, manque {drug} {dose}, {who} prévenu(e)",
	"se plaint de {pb} depuis {n} heures, {drug} {dose} mg pris à {h}",
	"transit : selles J{n}, {drug} donné", "pas de {pb} ni de {pb} ce jour",
	"{who} présent(e) lors du passage, explications données, {do}",
	"patient(e) {state} à mon arrivée, a refusé la {act}",
	"prise de sang faite ce jour à {h} (NFS, iono, créat), {do}",
	"EVA {n}/10 avant soin, {drug} en prémédication", "EVA à {n} sur 10 au repos, {pb} {evo}",
	"éducation : {act}, reformule bien, {do}", "surveillance {pb} : {evo}, constantes notées",
	"changement de {product} {site}, berges {aspect}",
	"{name} : {act} avec aide partielle, fatigue à l'effort",
	"oubli du traitement de {h} hier ({drug}), rappel des consignes",
	"appel de {who} à {h} au sujet de {pb}, {do}",
	"chute sans gravité cette nuit dans la salle de bain, {pb} {site}, surveillance neuro, {do}",
	"perte de {n} hg en une semaine, {food}, pesée à refaire",
	"saturation correcte à l'air ambiant, {pb} {evo}, lunettes à {n} l/min la nuit",
	"moral : {state}, parle de son deuil, écoute, {do}",
	"ablation de {n} agrafes {site}, cicatrice {aspect}",
	"retour d'hospitalisation ce jour, nouveau traitement : {drug} {dose}, arrêt {drug}, pilulier modifié",
	"lit médicalisé et matelas livrés par le prestataire, {act} plus facile",
	"matériel vérifié, date de péremption OK, commande de {product}",
	"injection {drug} {site} côté {n}, pas d'hématome, rotation des points respectée",
	"sonde perméable, urines claires {n}00 ml, {pb} absent(e)",
	"stomie : peau péristomiale {aspect}, poche changée, {drug} poudre appliquée",
	"logement froid ({n} °C), {who} contacté(e), chauffage d'appoint déconseillé",
	"aidant épuisé, répit évoqué avec {who}, dossier APA à compléter",
	"INR à 2,{n}, {drug} maintenu, prochain contrôle dans {n} jours",
};
static const char *const joints[] = {
	"et", "de", "avec", "pour", "à", "mais", "en", "sur", "car", "puis", "sans", "après", "avant",
	"dans", "donc", "depuis", "par", "chez", "malgré", "car plus de", "à cause de", "en attendant",
	"au moment de", "avec un peu de", "pas encore de", "suite à",
};
static const char *const words[] = {
	"ce", "jour", "matin", "soir", "demain", "hier", "semaine", "week-end", "lundi", "mardi", "jeudi",
	"vendredi", "passage", "visite", "soin", "soins", "patient", "patiente", "monsieur", "madame",
	"famille", "fille", "fils", "mari", "épouse", "médecin", "infirmière", "collègue", "kiné",
	"pharmacie", "hôpital", "urgences", "consultation", "rendez-vous", "ordonnance", "résultats",
	"bilan", "dossier", "cahier", "téléphone", "appel", "message", "photo", "protocole", "consigne",
	"traitement", "comprimé", "gélule", "gouttes", "sirop", "patch", "injection", "perfusion", "dose",
	"prise", "oubli", "refus", "accord", "aide", "besoin", "demande", "plainte", "gêne", "douleur",
	"lourdeur", "chaleur", "rougeur", "chaud", "froid", "humide", "sec", "propre", "sale", "odeur",
	"écoulement", "sang", "pus", "croûte", "fibrine", "bourgeon", "berge", "plaie", "cicatrice",
	"pansement", "bande", "compresse", "sparadrap", "crème", "pommade", "huile", "savon", "eau",
	"serviette", "gant", "lavabo", "douche", "baignoire", "toilette", "lit", "fauteuil", "chaise",
	"déambulateur", "canne", "rollator", "barrière", "matelas", "coussin", "drap", "couverture",
	"oreiller", "cuisine", "chambre", "salon", "escalier", "porte", "clé", "boîte", "chien", "chat",
	"jardin", "courrier", "facture", "argent", "courses", "repas", "soupe", "viande", "légumes",
	"fruits", "yaourt", "compote", "café", "thé", "verre", "bouteille", "hydratation", "appétit",
	"poids", "balance", "taille", "tension", "pouls", "température", "saturation", "glycémie",
	"lecteur", "bandelette", "aiguille", "stylo", "seringue", "conteneur", "déchets", "gants",
	"masque", "souffle", "toux", "crachat", "nez", "bouche", "dents", "dentier", "lèvres", "langue",
	"gorge", "yeux", "lunettes", "oreille", "appareil", "cheveux", "peau", "ongles", "doigts", "mains",
	"bras", "épaule", "coude", "poignet", "dos", "ventre", "hanche", "fesses", "cuisse", "genou",
	"jambe", "mollet", "cheville", "pied", "talon", "orteil", "nuit", "sommeil", "réveil", "sieste",
	"fatigue", "faiblesse", "vertige", "chute", "équilibre", "marche", "pas", "transfert", "lever",
	"coucher", "position", "appui", "mobilité", "raideur", "tremblement", "crampe", "fourmillement",
	"engourdissement", "mémoire", "confusion", "repère", "date", "prénom", "visage", "humeur", "moral",
	"tristesse", "pleurs", "colère", "peur", "angoisse", "ennui", "solitude", "sourire", "plaisir",
	"discussion", "écoute", "confiance", "souvenir", "guerre", "village", "enfants", "petits-enfants",
	"photo", "télévision", "radio", "journal", "messe", "voisins", "amis", "club", "sortie",
	"promenade", "voiture", "taxi", "ambulance", "retour", "entrée", "sortie", "hospitalisation",
	"opération", "anesthésie", "scanner", "radio", "écho", "prise", "labo", "urine", "selles",
	"transit", "gaz", "nausée", "vomissement", "diarrhée", "constipation", "sonde", "poche", "stomie",
	"fuite", "protection", "change", "bassin", "chaise-percée", "irritation", "macération", "érythème",
	"bouton", "plaque", "démangeaison", "escarre", "stade", "surface", "profondeur", "longueur",
	"largeur", "évolution", "amélioration", "aggravation", "stabilité", "surveillance", "alerte",
	"risque", "prévention", "conseil", "explication", "compréhension", "participation", "autonomie",
	"progrès", "objectif", "projet", "maintien", "domicile", "adaptation", "matériel", "commande",
	"livraison", "panne", "pile", "prestataire", "oxygène", "concentrateur", "lunettes", "débit",
	"aérosol", "chambre", "inhalation", "bien", "mal", "mieux", "moins", "plus", "très", "peu",
	"assez", "encore", "toujours", "jamais", "parfois", "souvent", "rarement", "presque", "correct",
	"normal", "stable", "habituel", "inhabituel", "difficile", "facile", "possible", "impossible",
	"léger", "modéré", "important", "intense", "diffus", "localisé", "droit", "gauche", "bilatéral",
	"supérieur", "inférieur", "ancien", "récent", "nouveau", "prévu", "reporté", "annulé", "effectué",
	"réalisé", "refait", "changé", "posé", "retiré", "vérifié", "contrôlé", "noté", "signalé",
	"transmis", "prévenu", "informé", "appelé", "rappelé", "attendu", "reçu", "donné", "pris",
	"refusé", "accepté", "toléré", "supporté", "compris", "oublié", "perdu", "retrouvé", "cassé",
	"réparé", "mangé", "bu", "dormi", "levé", "couché", "assis", "debout", "marché", "tombé", "glissé",
	"plaint", "souri", "parlé", "pleuré", "crié", "semble", "paraît", "reste", "devient", "présente",
	"montre", "dit", "demande", "souhaite", "veut", "peut", "doit", "accepte", "refuse", "préfère",
	"pense", "croit", "sait", "ignore", "attend", "espère", "craint", "vient", "part", "revient",
	"rappelle", "prépare", "range", "nettoie", "applique", "retire", "change", "pose", "surveille",
	"contrôle", "note", "prévient", "contacte", "explique", "montre", "encourage", "rassure",
	"stimule", "accompagne", "installe", "lève", "couche", "marche", "tombe", "mange", "boit", "dort",
	"respire", "tousse", "crache", "saigne", "suinte", "gonfle", "diminue", "augmente", "persiste",
	"cesse", "reprend", "commence", "finit", "tient", "lâche",
};
static const char *const slot_site[] = {
	"jambe droite", "jambe gauche", "talon gauche", "sacrum", "pied droit", "malléole externe",
	"avant-bras", "abdomen", "fesse gauche", "mollet", "genou droit", "cuisse", "flanc droit",
	"orteil", "coude", "épaule gauche", "dos", "hanche", "main droite", "face tibiale antérieure",
};
static const char *const slot_aspect[] = {
	"propre", "fibrineux à 50 %", "bien bourgeonnant", "légèrement exsudatif", "sec", "rosé",
	"inflammatoire", "macéré sur les berges", "stable", "en bonne voie de cicatrisation",
	"hémorragique au retrait", "nécrotique au centre", "malodorant", "épidermisé aux trois quarts",
	"suintant",
};
static const char *const slot_product[] = {
	"hydrocellulaire", "alginate", "tulle gras", "hydrofibre", "interface siliconée",
	"compresses sèches", "bande de contention", "charbon", "sérum physiologique", "hydrocolloïde",
	"pansement à l'argent", "film transparent", "crème barrière", "bas de contention classe 2",
	"vaseline", "chlorhexidine",
};
static const char *const slot_drug[] = {
	"Doliprane", "Lovenox", "insuline lente", "Lasix", "Kardegic", "Previscan", "Eliquis",
	"Metformine", "Novorapid", "Levothyrox", "Bisoprolol", "Forlax", "Oxycontin", "Seresta",
	"Ramipril", "Tahor", "Modopar", "Xarelto", "Amlodipine", "morphine", "Inexium", "Spasfon",
	"Augmentin", "Cortancyl", "Lyrica", "Aricept",
};
static const char *const slot_state[] = {
	"en forme", "fatigué(e)", "souriant(e)", "un peu confus(e)", "anxieux(se)", "douloureux(se)",
	"essoufflé(e)", "calme", "de bonne humeur", "somnolent(e)", "triste ce matin",
	"désorienté(e) dans le temps", "bien orienté(e)", "nauséeux(se)", "irritable", "ralenti(e)",
	"pâle", "loquace", "inquiet(e) pour son conjoint", "peu coopérant(e)",
};
static const char *const slot_who[] = {
	"la fille", "le fils", "l'auxiliaire de vie", "le médecin traitant", "la voisine", "le conjoint",
	"le kiné", "la pharmacie", "le SSIAD", "l'assistante sociale", "le podologue", "la nièce",
	"le laboratoire", "le prestataire d'oxygène", "l'HAD", "le cardiologue", "la diététicienne",
	"le service de portage de repas",
};
static const char *const slot_act[] = {
	"toilette au lavabo", "aide à l'habillage", "pose des bas de contention", "réfection du pansement",
	"injection sous-cutanée", "prise des constantes", "préparation du pilulier", "douche",
	"change complet", "glycémie capillaire", "soins de bouche", "transfert lit-fauteuil",
	"prélèvement sanguin", "massage d'effleurage", "soins de sonde", "changement de poche", "rasage",
	"collyre", "aérosol", "marche dans le couloir", "vidange de la poche à urines", "coupe des ongles",
};
static const char *const slot_pb[] = {
	"douleur", "œdème", "toux", "constipation", "chute", "rougeur", "fièvre", "prurit", "insomnie",
	"diarrhée", "vertiges", "hématome", "saignement", "nausées", "dyspnée", "crampes", "vomissements",
	"rétention", "hypoglycémie", "brûlure mictionnelle", "perte de poids", "mycose",
	"escarre débutante",
};
static const char *const slot_evo[] = {
	"en amélioration", "stable", "à surveiller", "identique à hier", "en régression",
	"plus marqué(e) qu'hier", "en légère aggravation", "résolu(e)", "signalé(e) au médecin",
	"sans changement depuis lundi", "fluctuant(e)", "majoré(e) la nuit",
};
static const char *const slot_do[] = {
	"surveiller", "à revoir demain", "prévenir le médecin si persistance", "poursuite du protocole",
	"RDV pris", "ordonnance à renouveler", "photo envoyée au médecin", "commander du matériel",
	"bilan sanguin prévu jeudi", "rappeler la famille", "noter sur le cahier de liaison",
	"passage du soir maintenu", "voir avec l'équipe en transmission", "réévaluer à J+7",
	"adapter les horaires", "INR à contrôler",
};
static const char *const slot_food[] = {
	"a bien déjeuné", "mange peu", "a pris la moitié du repas", "boit insuffisamment",
	"refuse les compléments", "hydratation stimulée", "a bien bu", "portage non touché",
	"petit-déjeuner pris avant l'injection", "appétit conservé", "fausse route légère à l'eau",
	"a fini son assiette",
};
static const char *const slot_sleep[] = {
	"bonne nuit", "nuit agitée", "s'est levé(e) 3 fois", "dort mal depuis 3 jours",
	"a dormi au fauteuil", "nuit calme sous traitement", "réveillé(e) par la douleur", "sieste longue",
};
/* clang-format on */

const struct gen_words gen_vocab_last_names = LIST(last_names);
const struct gen_words gen_vocab_female_names = LIST(female_names);
const struct gen_words gen_vocab_male_names = LIST(male_names);
const struct gen_words gen_vocab_towns = LIST(towns);
const struct gen_words gen_vocab_ways = LIST(ways);
const struct gen_words gen_vocab_streets = LIST(streets);
const struct gen_words gen_vocab_relations = LIST(relations);
const struct gen_words gen_vocab_insurers = LIST(insurers);
const struct gen_words gen_vocab_allergies = LIST(allergies);
const struct gen_words gen_vocab_homes = LIST(homes);
const struct gen_words gen_vocab_key_places = LIST(key_places);
const struct gen_words gen_vocab_histories = LIST(histories);
const struct gen_words gen_vocab_domains = LIST(domains);
const struct gen_words gen_vocab_signs = LIST(signs);
const struct gen_words gen_vocab_categories = LIST(categories);
const struct gen_words gen_vocab_targets = LIST(targets);
const struct gen_words gen_vocab_rhythms = LIST(rhythms);
const struct gen_words gen_vocab_places = LIST(places);
const struct gen_words gen_vocab_sentences = LIST(sentences);
const struct gen_words gen_vocab_joints = LIST(joints);
const struct gen_words gen_vocab_words = LIST(words);

/* clang-format off */
const struct gen_problem gen_vocab_problems[GEN_VOCAB_PROBLEM_COUNT] = {
	{1, "Revenu"},
	{3, "Logement"},
	{4, "Sécurité du quartier et du lieu"},
	{6, "Contacts sociaux"},
	{8, "Relations interpersonnelles"},
	{11, "Deuil"},
	{12, "Santé mentale"},
	{14, "Soins prodigués / rôle d’aidant"},
	{16, "Négligence"},
	{21, "Audition"},
	{22, "Vision"},
	{23, "Parole et langage"},
	{24, "Santé bucco-dentaire"},
	{25, "Cognition"},
	{26, "Douleur"},
	{27, "Conscience"},
	{28, "Peau"},
	{29, "Fonction neuro-musculo-squelettique"},
	{30, "Respiration"},
	{31, "Circulation"},
	{32, "Digestion-hydratation"},
	{33, "Fonction intestinale"},
	{34, "Fonction urinaire"},
	{40, "Nutrition"},
	{41, "Sommeil et repos"},
	{42, "Activité physique"},
	{43, "Soins personnels"},
	{44, "Usage de substances"},
	{47, "Supervision des soins"},
	{48, "Régime médicamenteux"},
};

static const struct {
	const char *name;
	struct gen_words words;
} slots[] = {
	{"site", LIST(slot_site)},
	{"aspect", LIST(slot_aspect)},
	{"product", LIST(slot_product)},
	{"drug", LIST(slot_drug)},
	{"state", LIST(slot_state)},
	{"who", LIST(slot_who)},
	{"act", LIST(slot_act)},
	{"pb", LIST(slot_pb)},
	{"evo", LIST(slot_evo)},
	{"do", LIST(slot_do)},
	{"food", LIST(slot_food)},
	{"sleep", LIST(slot_sleep)},
};

static const struct {
	const char *word, *abbreviation;
} abbreviations[] = {
	{"pansement", "pst"},
	{"patient", "pt"},
	{"injection", "inj"},
	{"traitement", "ttt"},
	{"médecin", "med"},
	{"avec", "ac"},
	{"pour", "pr"},
	{"toujours", "tjs"},
	{"beaucoup", "bcp"},
	{"douleur", "dlr"},
	{"toilette", "toil"},
	{"surveillance", "surv"},
	{"glycémie", "glyc"},
	{"ordonnance", "ordo"},
	{"droite", "dte"},
	{"gauche", "gche"},
	{"jour", "j"},
	{"semaine", "sem"},
	{"rendez-vous", "rdv"},
	{"consultation", "cs"},
	{"dans", "ds"},
	{"plaie", "pl"},
};
/* clang-format on */

const struct gen_words *gen_vocab_slot(struct span name)
{
	for (size_t i = 0; i < COUNT(slots); i++) {
		if (span_eq(span_text(slots[i].name), name))
			return &slots[i].words;
	}
	return NULL;
}

const char *gen_vocab_abbreviation(struct span word)
{
	for (size_t i = 0; i < COUNT(abbreviations); i++) {
		if (span_eq(span_text(abbreviations[i].word), word))
			return abbreviations[i].abbreviation;
	}
	return NULL;
}
