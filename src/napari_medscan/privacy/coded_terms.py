"""What prompts and file names may take from a file: terms of closed lists, never a name."""

from __future__ import annotations

MODALITIES = """
    BI BMD CR CT DG DMS DX ECG EPS ES GM IO IVOCT IVUS LS MG MR NM OCT OP OPT PT PX RF RG RTIMAGE
    SM TG US XA XC
"""
"""Defined terms of images (PS3.3 C.7.3.1.1.1)."""
BODY_PARTS = """
    ABDOMEN ABDOMENPELVIS ABDOMINALAORTA ACJOINT ADRENAL ANKLE AORTA AORTICARCH APPENDIX ARM
    AXILLA BACK BILEDUCT BLADDER BRAIN BREAST BRONCHUS BUTTOCK CALCANEUS CALF CAROTID CEREBELLUM
    CERVIX CHEEK CHEST CHESTABDOMEN CHESTABDPELVIS CIRCLEOFWILLIS CLAVICLE COCCYX COLON CORNEA
    CORONARYARTERY CSPINE CTSPINE DUODENUM EAR ELBOW ESOPHAGUS EXTREMITY EYE EYELID FACE FEMUR
    FIBULA FINGER FOOT FOREARM GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS IAC ILEUM ILIUM
    JAW JEJUNUM KIDNEY KNEE LARGEINTESTINE LARYNX LEG LIVER LSPINE LSSPINE LUNG MASTOID MAXILLA
    MEDIASTINUM MOUTH NASOPHARYNX NECK NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV NOSE ORBIT
    OVARY PANCREAS PAROTID PATELLA PELVIS PENIS PHARYNX PROSTATE RADIUS RADIUSULNA RECTUM RIB
    SCALP SCAPULA SCLERA SCROTUM SELLA SESAMOID SHOULDER SIJOINT SINUS SKULL SPINE SPLEEN SSPINE
    STERNUM STOMACH SUBMANDIBULAR TESTIS THIGH THORAX THUMB THYMUS THYROID TIBIA TIBIAFIBULA
    TLSPINE TMJ TOE TONGUE TRACHEA TSPINE ULNA UMBILICAL URETER URETHRA UTERUS UVULA VAGINA
    VULVA WHOLEBODY WRIST ZYGOMA
"""
"""Defined terms of Body Part Examined (PS3.16 annex L), with few of its vessels."""


def modality_named(value: str) -> str:
    """Return a modality as a prompt names it, '' when the list has none such."""
    return _of(value, MODALITIES)


_ENGLISH = {
    "ABDOMENPELVIS": "abdomen and pelvis",
    "ABDOMINALAORTA": "abdominal aorta",
    "ACJOINT": "acromioclavicular joint",
    "AORTICARCH": "aortic arch",
    "BILEDUCT": "bile duct",
    "CHESTABDOMEN": "chest and abdomen",
    "CHESTABDPELVIS": "chest, abdomen and pelvis",
    "CIRCLEOFWILLIS": "circle of Willis",
    "CORONARYARTERY": "coronary artery",
    "CSPINE": "cervical spine",
    "CTSPINE": "cervicothoracic spine",
    "HEADNECK": "head and neck",
    "IAC": "internal auditory canal",
    "LARGEINTESTINE": "large intestine",
    "LSPINE": "lumbar spine",
    "LSSPINE": "lumbosacral spine",
    "NECKCHEST": "neck and chest",
    "NECKCHESTABDOMEN": "neck, chest and abdomen",
    "NECKCHESTABDPELV": "neck, chest, abdomen and pelvis",
    "RADIUSULNA": "radius and ulna",
    "SIJOINT": "sacroiliac joint",
    "SSPINE": "sacral spine",
    "TIBIAFIBULA": "tibia and fibula",
    "TLSPINE": "thoracolumbar spine",
    "TMJ": "temporomandibular joint",
    "TSPINE": "thoracic spine",
    "WHOLEBODY": "whole body",
}
"""Terms of more than one word, as a sentence writes them (PS3.16 annex L)."""


def body_part_named(value: str) -> str:
    """Return a body part as a sentence names it, '' when the list does not contain it."""
    term = _of(value, BODY_PARTS)
    return _ENGLISH.get(term, term.lower())


def _of(value: str, terms: str) -> str:
    # Many devices part the words: "C SPINE", "CHEST_ABDOMEN".
    term = value.upper().replace(" ", "").replace("_", "")
    return term if term in terms.split() else ""
