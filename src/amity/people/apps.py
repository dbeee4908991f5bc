"""Registrations of room `people`."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "amity.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.people.imports.landings import register_landings

        register_landings()
        from amity.people.doors import register_doors

        register_doors()
        from amity.people.hearing import register_hearing

        register_hearing()
        from amity.people import quality, quality_nouns

        quality.register(quality_nouns.People())
        quality.register(quality_nouns.Companies())
        from amity.people import pipeline, segments_work

        pipeline.register()
        segments_work.register()
        from amity.people import consent, segments_consent, segments_world

        segments_world.register(segments_consent.Consent())
        consent.register()
        from amity.access import api as access
        from amity.base import undo
        from amity.people import changes, company_people, duplicates, merge, merge_companies, segment_archive

        undo.actors_from(access.principal_by_id)
        undo.register(access.VIEW_KIND, undo.Handler(access.delete_views, access.restore_views))
        undo.register(segment_archive.ARCHIVE_KIND, undo.Handler(segment_archive.archive, segment_archive.restore))
        undo.register(merge.MERGE_KIND, undo.Handler(merge.do_merge, merge.undo_merge))
        undo.register(merge_companies.MERGE_KIND, undo.Handler(merge_companies.do_merge, merge_companies.undo_merge))
        undo.register(duplicates.DECIDE_KIND, undo.Handler(duplicates.do_decide, duplicates.undo_decide))
        from amity.people import duplicates_policy, golden_marks, golden_policy, quality_doubts

        undo.register(duplicates_policy.POLICY_KIND, undo.Handler(duplicates_policy.do_set, duplicates_policy.put_back))
        undo.register(golden_policy.POLICY_KIND, undo.Handler(golden_policy.do_change, golden_policy.put_back))
        undo.register(golden_marks.MARK_KIND, undo.Handler(golden_marks.do_mark, golden_marks.put_back))
        undo.register(quality_doubts.DOUBT_KIND, undo.Handler(quality_doubts.do_doubt, quality_doubts.put_back))
        company_people.register_holders()
        undo.register(changes.PERSON_KIND, undo.Handler(changes.change_many, changes.put_back))
        undo.register(changes.COMPANY_KIND, undo.Handler(changes.change_many_companies, changes.put_back_companies))
