"""Which values can tell who the patient is: the Basic Profile of PS3.15, table E.1-1.

What is masked is what that table removes or replaces, with two departures:

- UIDs are shown. They lead to a person only inside the hospital's own archive, and a tree of
  references without them says nothing.
- All names of persons and of application entities, ages, dates and times are masked by their
  value representation, those included that no edition of the table lists. Public attributes
  that are not in the dictionary are masked, as nobody can say what they hold. Of the private ones,
  which the table removes altogether, numbers and codes are shown: b-values are what private
  attributes are looked up for.
"""

from __future__ import annotations

from typing import Final

MASK: Final = "•••"
"""What stands for a masked value."""

_ALWAYS = frozenset(("AE", "AS", "DA", "DT", "PN", "TM"))
_NEVER = frozenset(("UI", "SQ"))
_PRIVATE_SHOWN = frozenset(("AT", "CS", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))
_CURVES, _OVERLAYS = 0x50, 0x60
_OVERLAY_TEXT = frozenset((0x3000, 0x4000))

_KEYWORDS = """
AccessionNumber AcquisitionComments AcquisitionContextDescription AcquisitionContextSequence
AcquisitionDeviceProcessingDescription AcquisitionFieldOfViewLabel
AcquisitionProtocolDescription ActualHumanPerformersSequence AdditionalPatientHistory
AddressTrial AdmissionID AdmittingDiagnosesCodeSequence AdmittingDiagnosesDescription Allergies
AnnotationGroupDescription AnnotationGroupLabel Arbitrary AuthorObserverSequence BarcodeValue
BeamDescription BolusDescription BranchOfService CameraOwnerName CassetteID CertificateOfSigner
CertifiedTimestamp ChannelDerivationDescription ChannelLabel ClinicalTrialCoordinatingCenterName
ClinicalTrialProtocolEthicsCommitteeApprovalNumber ClinicalTrialProtocolEthicsCommitteeName
ClinicalTrialProtocolID ClinicalTrialProtocolName ClinicalTrialSeriesDescription
ClinicalTrialSeriesID ClinicalTrialSiteID ClinicalTrialSiteName ClinicalTrialSponsorName
ClinicalTrialSubjectID ClinicalTrialSubjectReadingID ClinicalTrialTimePointDescription
ClinicalTrialTimePointID CommentsOnRadiationDose CommentsOnThePerformedProcedureStep
CompensatorDescription ConceptualVolumeCombinationDescription ConceptualVolumeDescription
ConfidentialityConstraintOnPatientDataDescription ConsultingPhysicianIdentificationSequence
ContainerComponentID ContainerDescription ContainerIdentifier
ContentCreatorIdentificationCodeSequence ContentSequence ContrastBolusAgent
ContributionDescription CountryOfResidence CurrentPatientLocation CustodialOrganizationSequence
DataSetTrailingPadding DecompositionDescription DerivationDescription DetectorID
DeviceAlternateIdentifier DeviceDescription DeviceLabel DeviceSerialNumber
DeviceSettingDescription DigitalSignaturesSequence DischargeDiagnosisDescription
DisplacementReferenceLabel DistributionAddress DoseReferenceDescription EncapsulatedDocument
EntityDescription EntityLabel EntityLongLabel EntityName EquipmentFrameOfReferenceDescription
EthnicGroup EthnicGroupCodeSequence FillerOrderNumberImagingServiceRequest
FilterLookupTableDescription FixationDeviceDescription FlowIdentifier FlowIdentifierSequence
FractionGroupDescription FractionationNotes FrameComments FrameOriginTimestamp GPSAltitude
GPSAltitudeRef GPSAreaInformation GPSDOP GPSDestBearing GPSDestBearingRef GPSDestDistance
GPSDestDistanceRef GPSDestLatitude GPSDestLatitudeRef GPSDestLongitude GPSDestLongitudeRef
GPSDifferential GPSImgDirection GPSImgDirectionRef GPSLatitude GPSLatitudeRef GPSLongitude
GPSLongitudeRef GPSMapDatum GPSMeasureMode GPSProcessingMethod GPSSatellites GPSSpeed
GPSSpeedRef GPSStatus GPSTrack GPSTrackRef GPSVersionID GantryID GeneratorID
GraphicAnnotationSequence HardcopyCreationDeviceID HumanPerformerOrganization IconImageSequence
IdentifyingComments ImageComments ImagePresentationComments ImagingServiceRequestComments
Impressions InstanceOriginStatus InstitutionAddress InstitutionCodeSequence InstitutionName
InstitutionalDepartmentName InstitutionalDepartmentTypeCodeSequence InsurancePlanIdentification
IntendedRecipientsOfResultsIdentificationSequence InterlockDescription
InterlockOriginDescription InterpretationApproverSequence InterpretationDiagnosisDescription
InterpretationID InterpretationIDIssuer InterpretationText IssuerOfAdmissionID
IssuerOfAdmissionIDSequence IssuerOfClinicalTrialProtocolID IssuerOfClinicalTrialSeriesID
IssuerOfClinicalTrialSiteID IssuerOfClinicalTrialSubjectID IssuerOfClinicalTrialSubjectReadingID
IssuerOfClinicalTrialTimePointID IssuerOfPatientID IssuerOfServiceEpisodeID
IssuerOfServiceEpisodeIDSequence IssuerOfTheContainerIdentifierSequence
IssuerOfTheSpecimenIdentifierSequence LabelText LensMake LensModel LensSerialNumber
LensSpecification LongDeviceDescription MAC MakerNote ManufacturerDeviceIdentifier MedicalAlerts
MedicalRecordLocator MilitaryRank ModifiedAttributesSequence ModifiedImageDescription
ModifyingDeviceID ModifyingSystem MultienergyAcquisitionDescription MultiplexGroupLabel
NonconformingDataElementValue NonconformingModifiedAttributesSequence Occupation
OperatorIdentificationSequence OrderCallbackPhoneNumber OrderCallbackTelecomInformation
OrderEntererLocation OriginalAttributesSequence OtherClinicalTrialProtocolIDsSequence
OtherPatientIDs OtherPatientIDsSequence ParticipantSequence PatientAddress PatientComments
PatientID PatientInstitutionResidence PatientInsurancePlanCodeSequence
PatientPrimaryLanguageCodeSequence PatientPrimaryLanguageModifierCodeSequence
PatientReligiousPreference PatientSetupPhotoDescription PatientSex PatientSexNeutered
PatientSize PatientState PatientTelecomInformation PatientTelephoneNumbers
PatientTransportArrangements PatientTreatmentPreparationMethodDescription
PatientTreatmentPreparationProcedureParameterDescription PatientWeight PerformedLocation
PerformedProcedureStepDescription PerformedProcedureStepID
PerformedStationGeographicLocationCodeSequence PerformedStationName
PerformedStationNameCodeSequence PerformingPhysicianIdentificationSequence PersonAddress
PersonIdentificationCodeSequence PersonTelecomInformation PersonTelephoneNumbers
PhysiciansOfRecordIdentificationSequence PhysiciansReadingStudyIdentificationSequence
PlacerOrderNumberImagingServiceRequest PlateID PositionAcquisitionTemplateDescription
PositionAcquisitionTemplateName PreMedication PregnancyStatus PrescriptionDescription
PrescriptionNotes PrescriptionNotesSequence PriorTreatmentDoseDescription ProtocolName
PyramidDescription PyramidLabel ROICreatorSequence ROIDescription ROIGenerationDescription
ROIInterpreterSequence ROIName ROIObservationDescription ROIObservationLabel
RTAccessoryDeviceSlotID RTAccessoryHolderSlotID RTPhysicianIntentNarrative RTPlanDescription
RTPlanLabel RTPlanName RTPrescriptionLabel RTToleranceSetLabel RTTreatmentApproachLabel
RadiationDoseIdentificationLabel RadiationDoseInVivoMeasurementLabel
RadiationGenerationModeDescription RadiationGenerationModeLabel ReasonForOmissionDescription
ReasonForRequestedProcedureCodeSequence ReasonForStudy ReasonForSuperseding
ReasonForTheAttributeModification ReasonForTheImagingServiceRequest
ReasonForTheRequestedProcedure ReasonForVisit ReasonForVisitCodeSequence
ReferencedDigitalSignatureSequence ReferencedPatientAliasSequence ReferencedPatientPhotoSequence
ReferencedPatientSequence ReferringPhysicianAddress ReferringPhysicianIdentificationSequence
ReferringPhysicianTelephoneNumbers RegionOfResidence RequestAttributesSequence
RequestedContrastAgent RequestedProcedureComments RequestedProcedureDescription
RequestedProcedureID RequestedProcedureLocation RequestedSeriesDescription RequestingService
RespiratoryMotionCompensationTechniqueDescription ResponsibleOrganization ResultsComments
ResultsDistributionListSequence ResultsID ResultsIDIssuer ScheduledHumanPerformersSequence
ScheduledPatientInstitutionResidence ScheduledPerformingPhysicianIdentificationSequence
ScheduledProcedureStepDescription ScheduledProcedureStepID ScheduledProcedureStepLocation
ScheduledStationGeographicLocationCodeSequence ScheduledStationName
ScheduledStationNameCodeSequence ScheduledStudyLocation SecondaryCaptureDeviceID SelectorLOValue
SelectorLTValue SelectorOBValue SelectorSHValue SelectorSTValue SelectorUNValue SelectorURValue
SelectorUTValue SeriesDescription ServiceEpisodeDescription ServiceEpisodeID
SetupTechniqueDescription ShieldingDeviceDescription SlideIdentifier SmokingStatus
SourceIdentifier SourceManufacturer SourceOfPreviousValues SourceSerialNumber SpecialNeeds
SpecimenAccessionNumber SpecimenDetailedDescription SpecimenIdentifier
SpecimenPreparationSequence SpecimenShortDescription StationName StructureSetDescription
StructureSetLabel StructureSetName StudyComments StudyDescription StudyID StudyIDIssuer
TelephoneNumberTrial TextComments TextString TimezoneOffsetFromUTC TopicAuthor TopicKeywords
TopicSubject TopicTitle TransducerIdentificationSequence TreatmentMachineName
TreatmentPositionGroupLabel TreatmentSite TreatmentSites TreatmentTechniqueNotes
TreatmentToleranceViolationDescription UDISequence UnformattedTextValue UniqueDeviceIdentifier
UserContentLabel UserContentLongLabel VerbalSourceIdentifierCodeSequenceTrial
VerifyingObserverIdentificationCodeSequence VerifyingObserverSequence VerifyingOrganization
VisitComments WaveformAnnotationSequence WaveformFilterDescription XRayDetectorID
XRayDetectorLabel XRaySourceID
"""
# Those of table E.1-1 (2026c) that no rule above covers. Sequences of references, which it lists
# for their UIDs alone, are left out.
_TABLE = frozenset(_KEYWORDS.split())


def identifies(tag: int, vr: str, keyword: str) -> bool:
    """Return whether the value of an attribute is masked.

    Parameters
    ----------
    tag : int
        ``group << 16 | element``.
    vr, keyword : str
        Value representation; keyword, '' when the dictionary has none.
    """
    group, element = tag >> 16, tag & 0xFFFF
    if vr in _ALWAYS or keyword in _TABLE:
        return True
    if vr in _NEVER or element == 0:
        return False
    if group & 1:
        return vr not in _PRIVATE_SHOWN and not 0x10 <= element <= 0xFF
    if group >> 8 == _CURVES:
        return True
    if group >> 8 == _OVERLAYS:
        return element in _OVERLAY_TEXT
    return not keyword and group != 0xFFFE


def hides_contents(tag: int, keyword: str) -> bool:
    """Return whether a sequence is removed as a whole: its items are masked but for UIDs."""
    return not (tag >> 16) & 1 and keyword in _TABLE
