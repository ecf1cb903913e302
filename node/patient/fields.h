/* node/patient/fields.h - the numbers of a patient's fields that rules are about (schema/rows_patient.h). */
#ifndef NODE_PATIENT_FIELDS_H
#define NODE_PATIENT_FIELDS_H

enum patient_field {
	PATIENT_LAST_NAME = 1,
	PATIENT_FIRST_NAME = 2,
	PATIENT_BIRTH_NAME = 3,
	PATIENT_SEX = 4,
	PATIENT_BIRTH_DATE = 5,
	PATIENT_BIRTH_PLACE = 6,
	PATIENT_BIRTH_COMMUNE = 7,
	PATIENT_NIR = 8,
	PATIENT_INS_OID = 9,
	PATIENT_INS_STATUS = 10,
	PATIENT_PHONE = 21,
	PATIENT_MOBILE = 22,
	PATIENT_CONTACT_PHONE = 26,
};

enum patient_sex { PATIENT_FEMALE = 1, PATIENT_MALE = 2 };
enum patient_status { PATIENT_PROVISIONAL = 1, PATIENT_VALIDATED = 2, PATIENT_RETRIEVED, PATIENT_QUALIFIED };

#endif
